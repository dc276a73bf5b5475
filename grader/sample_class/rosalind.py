# The upload broke off half way.

# %% damage: truncated
