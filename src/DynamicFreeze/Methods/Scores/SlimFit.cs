namespace ResearchFreeze.DynamicFreeze;

/// <summary>SlimFit's inter-layer scheduling (Ardakani et al. 2023).</summary>
public static class SlimFit
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "slimfit",
            Title = "SlimFit (ILS)",
            Summary = "In each step trains only the tensors that changed most when they trained last.",
            Paper = "Ardakani et al.: *SlimFit: Memory-Efficient Fine-Tuning of Transformer-based Models Using Training Dynamics*, NAACL 2024, arXiv 2305.18513; code arashardakani/SlimFit at 9070510.",
            Formula = ["d_l = mean of |W_l(t−1) − W_l(t)| / |W_l(t−1)|, kept while l is frozen", "in each step the ⌊F · N⌋ tensors with the smallest d are frozen; at first d is random and large, so that each trains once"],
            Granularity = "Tensors, at every step; they come back when those that train have fallen below them.",
            Frozen = "The tensor gets no weight gradient and no update; its optimizer state is kept. Tensors in the middle still pass gradients on: memory is saved rather than time.",
            Here =
            [
                "The code's candidates are matrices and the norms' weights; here they are all units but heads, biases too.",
                "Its compression of what is kept for the backward pass (8 and 4 bits, a part of the norms' values) is not built.",
                "A weight of 0 counts with a divisor of 1e-12.",
            ],
            Settings = [new("frozen", "0.9", "F; the code has 0.75 for CIFAR-100, 0.8 for MNLI and SQuAD, 0.9 for CIFAR-10, CoLA, MRPC and RTE, 0.95 for ImageNet"), new("every", "1", "steps from one choice to the next")],
            Units = "tensor",
        },
        settings => Policy(settings.Real("frozen"), settings.Integer("every")));

    /// <summary>The policy.</summary>
    /// <param name="frozen">F, in [0, 1).</param>
    /// <param name="every">Steps from one choice to the next; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(double frozen = 0.9, int every = 1)
    {
        int steps = Method.AtLeast("slimfit", nameof(every), every, 1);
        return new Policy(new RelativeStep(), new LowestFraction(frozen), run => Method.Options(run, steps)) { Method = Method };
    }
}
