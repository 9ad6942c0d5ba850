"""Text notebooks to executed ones: what each depends on, and kernels that are forked."""
