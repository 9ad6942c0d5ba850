"""The audit of a paper: one CSV file, one printed result a row, each checked by itself.

A row's mean and SD (GRIM [1]_, GRIMMER [2]_, DEBIT [3]_), its count and percentage, its test
and p [4]_, effect size and confidence interval are read under every usual convention: how figures
were rounded, what an SD is, which tail a p is of. A row *holds* when the first reading allows it,
*holds only if* another one was meant, and *cannot be true* when none of them allows it. One way of
rounding is taken for all figures of a row.

References
----------
.. [1] Brown and Heathers (2017), The GRIM test. Social Psychological and Personality Science 8(4).
.. [2] Anaya (2016), The GRIMMER test. PeerJ Preprints 4:e2400v1.
.. [3] Heathers and Brown, DEBIT: a simple consistency test for binary data. https://osf.io/5vb3u
.. [4] Nuijten et al. (2016), statcheck. Behavior Research Methods 48.
"""
