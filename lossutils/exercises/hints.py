"""The first sentence of each hint in the lessons: `check` gives it with the third try that fails."""

HINTS = {
    "walk-downhill": r"Downhill is *against* the gradient: $x - 0.25 \cdot 2$.",
    "two-losses": "$0.8 = 8/10 = 2^3/10$ and $0.2 = 2/10$.",
    "bce": "First $p_t$: `torch.where(y == 1, p, 1 - p)`.",
    "bce-with-logits": r"$\ln(1 + e^{s}) = s + \ln(1 + e^{-s})$.",
    "stuck": "The loss believes that $p$ is a score.",
    "best-constant": r"The mean loss is $-\frac{m}{n}\ln p - \frac{n - m}{n}\ln(1-p)$.",
    "forgiving-loss": "What about $1 - p_t$?",
    "balancing-weight": "Weight of a yes times number of yes = number of no.",
    "chance-behind": "A weight multiplies the odds by $w$.",
    "weighted-mean": "First one weight for each answer: $w$ where $y = 1$, else 1.",
    "balanced-bce": r"$L_\alpha = (1-\alpha)\,L_w$ with $w = \alpha/(1-\alpha)$. `pos_weight` must be a tensor.",
    "weighted-pull": (
        r"Lesson 01: the slope of $-\ln\sigma(s)$ is $\sigma(s) - 1$, that of $-\ln(1-\sigma(s))$ is "
        r"$\sigma(s)$."
    ),
    "priced-threshold": "A missed nine is `(y == 1) & (s <= t)`, a false alarm `(y == 0) & (s > t)`.",
    "focal-0.9": r"$0.9 = 3^2/10$, so $-\ln 0.9 = \ln 10 - 2\ln 3$.",
    "alpha-focal": r"First $p_t$ and $\alpha_t$, each with `torch.where(y == 1, …, …)`.",
    "stable-focal": r"Let $z = (2y-1)\,s$.",
    "focal-from-ce": r"The loss is $-\ln p_t$.",
    "hidden-loss": "$(1-p)^2/p = 1/p - 2 + p$.",
    "own-focus": r"Try $1 - p_t^{\,k}$ or $2\,(1 - \sigma(k\,p_t))$: for which $k$ does it hold?",
    "two-scores": "$p_1 = 7.389 / 8.389$.",
    "first-loss": "What does “no idea” cost?",
    "log-softmax": (
        "First subtract the largest score of each row; `keepdim=True` keeps the shape (N, 1), so that the "
        "subtraction works row by row."
    ),
    "weighted-softmax-gradient": r"$\frac{d}{dx}\ln f = f'/f$, and only one term of the sum depends on $s_i$.",
    "fair-die": r"All six surprises are equal, so their expectation is that one value: $-\ln\frac16 = \ln 6$.",
    "kl-divergence": (
        "`torch.where(p > 0, p, 1)` replaces a zero before the logarithm sees it. `torch.special.xlogy(p, "
        r"x)`, which is $p \ln x$ with $0 \ln 0 = 0$, also helps."
    ),
    "js-divergence": "`kl_divergence(p, m)` does the work.",
    "kl-gaps": r"The term is $p_i \ln x$ with $x = q_i / p_i$.",
    "wide-or-narrow": "Compute four numbers.",
    "own-divergence": "Which differences of $p_i$ and $q_i$ cannot cancel in a sum?",
    "two-pushes": r"$s = 1 \cdot 3 + 1 = 4$, the bad start's score.",
    "brier-of-classes": "`nn.functional.one_hot(target, C)` makes the labels.",
    "strongest-push": "The derivative of $p^2 - p^3$ by $p$ is 0 where the push is largest.",
    "curvature": "First by $p$, with the product rule: $(p - y)$ times $(p - p^2)$.",
    "matching-rate": "The first step is rate × gradient. `first_below_half(mse_neuron, 2.0, rate)` counts the steps.",
    "matching-loss": "Integrate $e^s - y$ by $s$.",
    "huber-by-hand": r"Only the last error is beyond $\delta$: $\delta\,(|e| - \delta/2)$.",
    "three-prices": "Mean and median first.",
    "pinball": r"The larger one of $q\,(y - x)$ and $(q - 1)\,(y - x)$: `torch.maximum`.",
    "pinball-pull": "A target above $c$ gives the slope $-q$, one below gives $1 - q$.",
    "rounded-square": (
        "Save `torch.round(x) - y` in `forward` with `ctx.save_for_backward`. `backward` multiplies by "
        "`upstream` and returns two things: the gradient for `x`, and `None` for `y`."
    ),
    "choose-delta": "The *median* absolute error hardly notices outliers.",
    "ranking-lead": "The lead is 0.3.",
    "label-forms": (
        "Five signs; a list of five integers, filled up with $-1$. `y.nonzero().flatten()` gives the class numbers."
    ),
    "misread-list": "It reads a list: class 1, class 1, class 0, and no end.",
    "multilabel-soft-margin": r"`F.logsigmoid` is $\ln\sigma$ without overflow.",
    "soft-ranking-slope": (
        r"With the lead $z = y\,(x_1 - x_2)$ it is the soft margin's slope, $-\sigma(-z)$, times $dz/dx_1$."
    ),
    "smooth-hinge": r"A lead falls short of 1 by $d = \max(0, 1 - z)$.",
    "copied-columns": "$1^2 + 1^2$ is less than $2^2$.",
    "decay-from-lambda": r"The derivative of $\lambda w^2$ is $2\lambda w$.",
    "weight-penalty": "`parameters` is a tuple of tensors.",
    "elastic-net": r"For $w > 0$ the derivative is $w - a + \lambda_1 + 2\lambda_2 w$.",
    "early-stopping": "Follow the distance $w - a$.",
    "sparing-penalty": "Which function of $|w|$ rises like $|w|$ at first and flattens later?",
    "smallest-eps": (
        r"The first is about *range*, the second about *digits*: the gap after 1 is $9.8\cdot10^{-4}$, and "
        "half a gap is rounded up or down."
    ),
    "other-label": (
        r"The logarithm is infinite where $\sigma(s)$ is 0: one of the four events at the beginning of the "
        "lesson."
    ),
    "log1mexp": "Near 0, $1 - e^x$ is what `expm1` is made for.",
    "masked-logsumexp": r"The largest score is $m = -\infty$, and $-\infty - (-\infty)$ is not a number.",
    "stable-focal-slope": "$dq/ds = q(1 - q)$ brings the missing factor $q$.",
    "soft-ramp": (
        'Put your form into a dictionary, `mine = {"mine": my_ramp}`, and search: `search(mine, true_loss, '
        r"side=1)` and `search(slopes(mine), torch.sigmoid, side=1)`, if it is $\ln(1 + e^s)$ on paper."
    ),
    "possible": "Which numbers are probabilities, and what does the logarithm of a probability look like?",
    "unit": r"$-\ln 0.8 = 0.2231$.",
    "which-dim": "Sum over each `dim` and compare with 1.",
    "half-gap": (
        r"$\frac12\big(\ln(p + h) - \ln(p - h)\big) = \frac12 \ln\frac{1 + h/p}{1 - h/p}$, and that is the "
        "definition of artanh."
    ),
    "may-belong": "The full $p$ is between $p - h$ and $p + h$.",
    "temperatures": "The ratio of the two probabilities is $e^{3/T}$.",
    "smooth-cross-entropy": "First the table $y'$: `F.one_hot(target, s.shape[1])` is $y$.",
    "margin-cross-entropy": (
        "Take $m$ off the true scores, and off no others: the one-hot table `y` tells where they are."
    ),
    "enough-lead": r"Which loss of this lesson pushed back when the lead was larger than $\ln 28$?",
}
