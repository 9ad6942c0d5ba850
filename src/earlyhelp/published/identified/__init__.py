"""The sets of data that printed figures identify, and what holds in all data of a set.

The term is that of partial identification (Horowitz and Manski 2000): what is known of a quantity
is the set of values that agree with what was observed.
"""
