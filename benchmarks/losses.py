"""The losses against what would be used in their place: time, memory and accuracy, side by side in one run.

    python -m benchmarks.losses            the goals and the accuracy, a few minutes
    python -m benchmarks.losses --all      also every size, bfloat16, torch.compile and the GPU, if there is one; longer

Times are forward and backward together, on one CPU thread; the ratios are what to read, and a goal holds for the less
flattering of two. "In turns": medians of interleaved repetitions, so that a busy machine disturbs all contenders alike;
whoever allocates more also pays for the memory pages that another's turn has cost it. "Alone": the best of 25
repetitions in a row, with memory used again and again, as in a training loop; the median of three such ratios.
kornia comes from benchmarks/requirements.txt and is left out where it is missing.
"""

import argparse
import contextlib
import gc
import os
import statistics
import time

import torch
import torch.nn.functional as F

import lossutils
from lossutils import binary, multiclass

try:
    from kornia.losses import focal_loss as kornia_focal_loss
except ImportError:
    kornia_focal_loss = None


def torchvision_formula(s, y, alpha=0.25, gamma=2.0):
    """Binary focal loss as torchvision computes it: two passes over the sigmoid, and all the rest left to autograd."""
    p = torch.sigmoid(s)
    ce = F.binary_cross_entropy_with_logits(s, y, reduction="none")
    right = y * p + (1 - y) * (1 - p)
    weight = alpha * y + (1 - alpha) * (1 - y)
    return (weight * ce * (1 - right) ** gamma).mean()


def our_focal(s, y):
    return lossutils.sigmoid_focal_loss(s, y, alpha=0.25, reduction="mean")


def our_focal_formula(s, y):
    return binary.sigmoid_focal_loss_formula(s, y, 2.0, 0.25).mean()


def our_softmax_focal(x, t):
    return lossutils.softmax_focal_loss(x, t, alpha=0.25, reduction="mean")


def our_softmax_formula(x, t):
    return 0.25 * multiclass.softmax_focal_loss_formula(x, t, 1, 2.0).mean()


def kornia_mean(x, t):
    return kornia_focal_loss(x, t, alpha=0.25, gamma=2.0, reduction="mean")


def kornia_each(x, t):
    return kornia_focal_loss(x, t, alpha=0.25, gamma=2.0, reduction="none").mean()


# measuring
def settle(device):
    if device == "cuda":
        torch.cuda.synchronize()


def step(loss, x, y):
    x.grad = None
    loss(x, y).backward()


def timed(loss, x, y):
    settle(x.device.type)
    begin = time.perf_counter()
    step(loss, x, y)
    settle(x.device.type)
    return time.perf_counter() - begin


def medians(contenders, x, y, budget=4.0, least=5):
    """Median seconds of forward and backward for each contender, taken in turns until the budget is spent."""
    taken = {name: [] for name in contenders}
    for loss in contenders.values():
        step(loss, x, y)
    start = time.perf_counter()
    while len(next(iter(taken.values()))) < least or time.perf_counter() - start < budget:
        for name, loss in contenders.items():
            taken[name].append(timed(loss, x, y))
        if len(next(iter(taken.values()))) >= 200:
            break
    return {name: statistics.median(times) for name, times in taken.items()}


def ratios_alone(contenders, x, y, repeats=25, rounds=3):
    """The best time of each contender, measured without the others, as a share of the first one's."""
    found = {name: [] for name in contenders}
    for _ in range(rounds):
        best = {name: min(timed(loss, x, y) for _ in range(repeats)) for name, loss in contenders.items()}
        for name, seconds in best.items():
            found[name].append(seconds / next(iter(best.values())))
    return {name: statistics.median(ratios) for name, ratios in found.items()}


@contextlib.contextmanager
def silent():
    """Nothing on stderr, not even what torch's profiler writes there past Python."""
    before, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)


def peak(loss, x, y):
    """Bytes in use at the highest point of one forward and backward, above what there was before."""
    step(loss, x, y)
    x.grad = None
    gc.collect()
    if x.is_cuda:
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step(loss, x, y)
        return torch.cuda.max_memory_allocated() - before
    # The allocator's own trace: every allocation and release with its size, in order.
    activities = [torch.profiler.ProfilerActivity.CPU]
    with silent(), torch.profiler.profile(activities=activities, profile_memory=True) as trace:
        step(loss, x, y)
    now = highest = 0
    for event in sorted(trace.profiler.kineto_results.events(), key=lambda e: e.start_ns()):
        if event.name() == "[memory]":
            now += event.nbytes()
            highest = max(highest, now)
    return highest


def kept(loss, x, y):
    """Tensors of at least the input's size that are held for backward, beside the input and the target."""
    sizes = {}

    def note(v):
        sizes[v.data_ptr()] = v.numel()
        return v

    with torch.autograd.graph.saved_tensors_hooks(note, lambda v: v):
        node = loss(x, y).grad_fn
    # What our functions hold themselves, to write the gradient into it, no hook is told of.
    while node is not None:
        for v in vars(node).values() if hasattr(node, "__dict__") else ():
            if isinstance(v, torch.Tensor):
                note(v)
        node = node.next_functions[0][0] if node.next_functions else None
    return sum(n >= x.numel() for p, n in sizes.items() if p not in (x.data_ptr(), y.data_ptr()))


# what is compared
def logits(n, dtype, device, probabilities=False):
    torch.manual_seed(0)
    x = torch.randn(n, device=device) * 3
    x = torch.sigmoid(x) if probabilities else x
    return x.to(dtype).requires_grad_(), (torch.rand(n, device=device) < 0.3).to(dtype)


def classes(*shape, dtype=torch.float32, device="cpu"):
    torch.manual_seed(0)
    x = (torch.randn(shape, device=device) * 3).to(dtype).requires_grad_()
    return x, torch.randint(shape[1], shape[:1] + shape[2:], device=device)


def rivals(kind):
    """The contenders by name; the first is the yardstick, "lossutils" is ours."""
    if kind == "sigmoid_focal_loss":
        return {"torchvision": torchvision_formula, "lossutils": our_focal, "its formula": our_focal_formula}
    if kind == "softmax_focal_loss":
        found = {"kornia, mean": kornia_mean, "kornia, none": kornia_each} if kornia_focal_loss else {}
        return found | {"lossutils": our_softmax_focal, "its formula": our_softmax_formula}
    formula = getattr(multiclass if kind == "cross_entropy" else binary, f"{kind}_formula")
    ours = {"lossutils": getattr(lossutils, kind), "its formula": lambda x, y: formula(x, y).mean()}
    return {"torch": getattr(F, kind)} | ours


def goals():
    yield "sigmoid_focal_loss", "1e5", logits(10**5, torch.float32, "cpu"), 0.60
    yield "sigmoid_focal_loss", "1e6", logits(10**6, torch.float32, "cpu"), 0.50
    yield "binary_cross_entropy", "1e6", logits(10**6, torch.float32, "cpu", probabilities=True), 0.60
    yield "binary_cross_entropy_with_logits", "1e6", logits(10**6, torch.float32, "cpu"), 1.5
    yield "cross_entropy", "(100000, 10)", classes(100_000, 10), 1.0
    yield "cross_entropy", "(2000, 1000)", classes(2000, 1000), 1.2
    yield "cross_entropy", "(2000, 100)", classes(2000, 100), 1.2
    yield "cross_entropy", "(4, 21, 128, 128)", classes(4, 21, 128, 128), 1.2
    yield "softmax_focal_loss", "(4, 21, 128, 128)", classes(4, 21, 128, 128), 0.33


def row(*cells):
    first, *rest = cells
    print(f"{first:52}" + "".join(f"{cell:>14}" for cell in rest), flush=True)


def print_goals():
    print("\nThe goals: forward and backward, float32, one CPU thread")
    row("", "ms", "in turns", "alone", "goal", "peak MB", "kept")
    for kind, size, data, goal in goals():
        print_ratios(f"{kind} {size}", rivals(kind), *data, {"lossutils": goal})
    contenders = {"torchvision": torchvision_formula, "torchvision compiled": torch.compile(torchvision_formula)}
    contenders["lossutils compiled"] = torch.compile(our_focal)
    data = logits(10**6, torch.float32, "cpu")
    print_ratios("sigmoid_focal_loss 1e6", contenders, *data, {"lossutils compiled": 0.25}, memory=False)


def print_ratios(title, contenders, x, y, aims, memory=True):
    times, alone = medians(contenders, x, y), ratios_alone(contenders, x, y)
    base = next(iter(times.values()))
    for place, (name, seconds) in enumerate(times.items()):
        aim = f"≤ {aims[name]}" if name in aims and place else ""
        cells = [f"{1e3 * seconds:.2f}", f"{seconds / base:.2f}", f"{alone[name]:.2f}", aim]
        if memory:
            cells += [f"{peak(contenders[name], x, y) / 1e6:.1f}", kept(contenders[name], x, y)]
        row(f"{title} {name}", *cells)


# accuracy
def exact_focal(s, y, gamma):
    """Loss and slope in float64 and in forms that lose no digits: far more exact than what is judged by them."""
    z = (2 * y - 1) * s.double()
    ce, q, p_t = -F.logsigmoid(z), torch.sigmoid(-z), torch.sigmoid(z)
    return q**gamma * ce, (1 - 2 * y) * q**gamma * (gamma * p_t * ce + q)


def worst(value, exact, smallest):
    gap = (value.double() - exact).abs() - smallest
    return (gap.clamp(min=0) / exact.abs()).nan_to_num(0).max().item()


def print_accuracy(dtype=torch.float32):
    spacing = 2 * torch.finfo(dtype).smallest_normal * torch.finfo(dtype).eps
    print(f"\nAccuracy: {dtype}, 200,001 logits over [-100, 100], both labels; worst relative error beyond the")
    print(f"spacing of the smallest numbers ({spacing:.1e}), and how many gradients are not finite")
    row("", "value", "gradient", "not finite")
    s = torch.linspace(-100, 100, 200_001).to(dtype)
    contenders = {
        "torchvision": lambda s, y, g: (
            F.binary_cross_entropy_with_logits(s, y, reduction="none")
            * (1 - (torch.sigmoid(s) * y + (1 - torch.sigmoid(s)) * (1 - y))) ** g
        ),
        "kornia": kornia_two_classes if kornia_focal_loss else None,
        "lossutils": lambda s, y, g: lossutils.sigmoid_focal_loss(s, y, gamma=g),
        "its formula": lambda s, y, g: binary.sigmoid_focal_loss_formula(s, y, g),
        "lossutils softmax": lambda s, y, g: lossutils.softmax_focal_loss(
            torch.stack([torch.zeros_like(s), s], 1), y.long(), gamma=g
        ),
    }
    for gamma in (0.0, 0.5, 1.0, 1.5, 2.0, 5.0):
        for name, loss in contenders.items():
            if loss is None:
                continue
            values, slopes, broken = [], [], 0
            for label in (0.0, 1.0):
                x, y = s.clone().requires_grad_(), torch.full_like(s, label)
                each = loss(x, y, gamma)
                (slope,) = torch.autograd.grad(each.sum(), x)
                exact = exact_focal(s, label, gamma)
                values.append(worst(each.detach(), exact[0], spacing))
                slopes.append(worst(slope, exact[1], spacing))
                broken += int((~slope.isfinite()).sum())
            row(f"focal loss, gamma {gamma}, {name}", f"{max(values):.1e}", f"{max(slopes):.1e}", broken)


def kornia_two_classes(s, y, gamma):
    both = torch.stack([torch.zeros_like(s), s], 1)
    return kornia_focal_loss(both, y.long(), alpha=None, gamma=gamma, reduction="none").sum(1)


# how it grows
def print_growth(device):
    print(f"\nHow time grows, {device}: ms of forward and backward, and lossutils' share of the first contender's")
    for dtype in (torch.float32, torch.bfloat16):
        for kind in ("sigmoid_focal_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"):
            for exponent in range(3, 8):
                x, y = logits(10**exponent, dtype, device, kind == "binary_cross_entropy")
                print_line(f"{kind} 1e{exponent} {dtype}", rivals(kind), x, y)
        for count in (2, 10, 100, 1000, 10_000):
            x, t = classes(max(1, 2_000_000 // count), count, dtype=dtype, device=device)
            for kind in ("cross_entropy", "softmax_focal_loss"):
                print_line(f"{kind} C={count} {dtype}", rivals(kind), x, t)


def print_line(title, contenders, x, y):
    contenders = {name: loss for name, loss in contenders.items() if name != "its formula"}
    contenders["compiled"] = torch.compile(contenders["lossutils"], dynamic=False)
    able, cells = {}, []
    for name, loss in contenders.items():
        try:
            step(loss, x, y)
            able[name] = loss
        except (NotImplementedError, RuntimeError) as error:
            cells.append(f"{name} left out: {str(error).splitlines()[0][:90]}")
    times = medians(able, x, y, budget=0.5, least=3) if able else {}
    base = next(iter(times.values()), None)
    cells = [f"{name} {1e3 * v:.3f} ({v / base:.2f})" for name, v in times.items()] + cells
    print(f"{title:60}" + "  ".join(cells), flush=True)
    torch.compiler.reset()


def print_bandwidth():
    """What a loss must move at the least a second (both tensors read, loss and gradient written), against a copy."""
    print("\nMemory bandwidth on the GPU, 1e8 float32, GB/s achieved")
    x, y = logits(10**8, torch.float32, "cuda")
    source, goal = x.detach(), torch.empty_like(x)
    goal.copy_(source)
    settle("cuda")
    begin = time.perf_counter()
    for _ in range(20):
        goal.copy_(source)
    settle("cuda")
    copy = 2 * x.nbytes * 20 / (time.perf_counter() - begin)
    row("copy", f"{copy / 1e9:.0f}", "1.00")
    del source, goal
    for kind in ("sigmoid_focal_loss", "binary_cross_entropy_with_logits"):
        contenders = {k: v for k, v in rivals(kind).items() if k != "its formula"}
        contenders["lossutils compiled"] = torch.compile(contenders["lossutils"])
        for name, seconds in medians(contenders, x, y, budget=2.0).items():
            rate = 4 * x.nbytes / seconds
            row(f"{kind} {name}", f"{rate / 1e9:.0f}", f"{rate / copy:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--all", action="store_true", help="every size, dtype, torch.compile and the GPU, if there is one"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} thread")
    if kornia_focal_loss is None:
        print("kornia is not installed and left out: pip install --no-deps -r benchmarks/requirements.txt")
    print_goals()
    print_accuracy()
    if arguments.all:
        print_accuracy(torch.bfloat16)
        print_growth("cpu")
        if torch.cuda.is_available():
            print_growth("cuda")
            print_bandwidth()
        else:
            print("\nNo GPU here: its times and its memory bandwidth are left out")


if __name__ == "__main__":
    main()
