# Answers to exercise 2: clip, and step only if the gradient's norm is finite.

# %% wrong: torch's clipping is the whole answer
# loses: test_guarded_step_skips
# says: reached the parameters
def guarded_step(model, optimizer, loss_of, max_norm):
    optimizer.zero_grad()
    loss_of(model).backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return norm.item(), True


# %% wrong: clips before backward
# loses: test_guarded_step_order, test_guarded_step_batch, test_guarded_step_skips
# says: clip after backward() and before step()
def guarded_step(model, optimizer, loss_of, max_norm):
    optimizer.zero_grad()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    loss_of(model).backward()
    if norm.isfinite():
        optimizer.step()
    return norm.item(), bool(norm.isfinite())


# %% wrong: clips after the step
# loses: test_guarded_step_order, test_guarded_step_batch, test_guarded_step_skips
# says: the step took the unclipped gradient
def guarded_step(model, optimizer, loss_of, max_norm):
    optimizer.zero_grad()
    loss_of(model).backward()
    optimizer.step()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    return norm.item(), bool(norm.isfinite())


# %% wrong: clips by value
# loses: test_guarded_step_order, test_guarded_step_batch
# says: not by value
def guarded_step(model, optimizer, loss_of, max_norm):
    optimizer.zero_grad()
    loss_of(model).backward()
    norm = torch.nn.utils.get_total_norm([p.grad for p in model.parameters() if p.grad is not None])
    if not norm.isfinite():
        return norm.item(), False
    torch.nn.utils.clip_grad_value_(model.parameters(), max_norm)
    optimizer.step()
    return norm.item(), True


# %% wrong: returns the norm after clipping
# loses: test_guarded_step_order, test_guarded_step_skips
# says: return the norm before clipping
def guarded_step(model, optimizer, loss_of, max_norm):
    optimizer.zero_grad()
    loss_of(model).backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    if not norm.isfinite():
        return norm.item(), False
    optimizer.step()
    return min(norm.item(), max_norm), True


# %% wrong: the old gradients are never cleared
# loses: test_guarded_step_batch, test_guarded_step_skips
# says: clear the old ones first
def guarded_step(model, optimizer, loss_of, max_norm):
    loss_of(model).backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    if norm.isfinite():
        optimizer.step()
    return norm.item(), bool(norm.isfinite())


# %% wrong: clears the gradients at the end only
# loses: test_guarded_step_batch
# says: clear the old ones first
def guarded_step(model, optimizer, loss_of, max_norm):
    loss_of(model).backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    if norm.isfinite():
        optimizer.step()
    optimizer.zero_grad()
    return norm.item(), bool(norm.isfinite())


# %% wrong: one norm per tensor
# loses: test_guarded_step_batch
# says: one norm over all parameters
def guarded_step(model, optimizer, loss_of, max_norm):
    optimizer.zero_grad()
    loss_of(model).backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
    if not norm.isfinite():
        return norm.item(), False
    for gradient in gradients:
        gradient.mul_((max_norm / gradient.norm()).clamp(max=1))
    optimizer.step()
    return norm.item(), True


# %% wrong: stretches a gradient within the bound
# loses: test_guarded_step_batch
# says: it is not stretched to max_norm
def guarded_step(model, optimizer, loss_of, max_norm):
    optimizer.zero_grad()
    loss_of(model).backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
    if not norm.isfinite():
        return norm.item(), False
    for gradient in gradients:
        gradient.mul_(max_norm / norm)
    optimizer.step()
    return norm.item(), True


# %% wrong: stumbles over a parameter without a gradient
# loses: test_guarded_step_batch
# says: 'NoneType' object has no attribute 'norm'
def guarded_step(model, optimizer, loss_of, max_norm):
    optimizer.zero_grad()
    loss_of(model).backward()
    norm = torch.stack([p.grad.norm() for p in model.parameters()]).norm()
    if not norm.isfinite():
        return norm.item(), False
    for p in model.parameters():
        p.grad.mul_((max_norm / norm).clamp(max=1))
    optimizer.step()
    return norm.item(), True


# %% wrong: looks at the loss and not at the gradient
# loses: test_guarded_step_skips
# says: a broken gradient reached the parameters
def guarded_step(model, optimizer, loss_of, max_norm):
    optimizer.zero_grad()
    loss = loss_of(model)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    if loss.isfinite():
        optimizer.step()
    return norm.item(), bool(loss.isfinite())


# %% wrong: looks for NaN only
# loses: test_guarded_step_skips
# says: a broken gradient reached the parameters
def guarded_step(model, optimizer, loss_of, max_norm):
    optimizer.zero_grad()
    loss_of(model).backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    if not norm.isnan():
        optimizer.step()
    return norm.item(), not norm.isnan()


# %% wrong: replaces a broken gradient by zero and steps
# loses: test_guarded_step_skips
# says: do not step at all
def guarded_step(model, optimizer, loss_of, max_norm):
    optimizer.zero_grad()
    loss_of(model).backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    if not norm.isfinite():
        optimizer.zero_grad(set_to_none=False)
    optimizer.step()
    return norm.item(), bool(norm.isfinite())


# %% wrong: steps, and puts the parameters back
# loses: test_guarded_step_skips
# says: in the gradients or in the optimizer's state
def guarded_step(model, optimizer, loss_of, max_norm):
    before = [p.detach().clone() for p in model.parameters()]
    optimizer.zero_grad()
    loss_of(model).backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    if not norm.isfinite():
        for p, old in zip(model.parameters(), before, strict=True):
            p.data.copy_(old)
    return norm.item(), bool(norm.isfinite())


# %% wrong: lets the helper's error pass
# loses: test_guarded_step_skips
# says: skip this step
def guarded_step(model, optimizer, loss_of, max_norm):
    from helpers import clipping

    optimizer.zero_grad()
    loss_of(model).backward()
    norm = clipping.clip_by_global_norm(clipping.gradients(model.parameters()), max_norm)
    optimizer.step()
    return norm.item(), True


# %% unusual: torch's clipping, with an exception for what is not finite
def guarded_step(model, optimizer, loss_of, max_norm):
    optimizer.zero_grad(set_to_none=False)
    loss_of(model).backward()
    try:
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm, error_if_nonfinite=True)
    except RuntimeError:
        return float("nan"), False
    optimizer.step()
    return norm, True


# %% unusual: the helper's clipping
def guarded_step(model, optimizer, loss_of, max_norm):
    from helpers import clipping

    model.zero_grad()
    loss_of(model).backward()
    gradients = clipping.gradients(model.parameters())
    norm = clipping.clip_by_global_norm(gradients, max_norm, error_if_nonfinite=False)
    stepped = bool(norm.isfinite())
    if stepped:
        optimizer.step()
    return [norm.item(), stepped]


# %% unusual: out of place, through autograd.grad
def guarded_step(model, optimizer, loss_of, max_norm):
    parameters = list(model.parameters())
    gradients = torch.autograd.grad(loss_of(model), parameters, allow_unused=True)
    norm = sum(g.double().square().sum() for g in gradients if g is not None).sqrt()
    stepped = torch.isfinite(norm)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = None if gradient is None or not stepped else gradient / max(1.0, norm.item() / max_norm)
    if stepped:
        optimizer.step()
    return norm, stepped


# %% unusual: numpy and loops
def guarded_step(model, optimizer, loss_of, max_norm):
    import numpy as np

    optimizer.zero_grad()
    loss_of(model).backward()
    entries = [entry for p in model.parameters() if p.grad is not None for entry in p.grad.flatten().tolist()]
    norm = np.sqrt(np.sum(np.array(entries) ** 2))
    if not np.isfinite(norm):
        return norm, np.False_
    if norm > max_norm:
        for p in model.parameters():
            if p.grad is not None:
                p.grad = torch.from_numpy(p.grad.numpy() * np.float32(max_norm / norm))
    optimizer.step()
    return norm, np.True_
