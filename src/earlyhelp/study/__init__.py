"""What a study folder says: its design, dictionary, raw files and questions, read and checked."""
