namespace ResearchFreeze.DynamicFreeze;

/// <summary>Auto-RGN of Surgical Fine-Tuning (Lee et al. 2023).</summary>
public static class AutoRgn
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "auto-rgn",
            Title = "Auto-RGN",
            Summary = "Scales each tensor's rate by its gradient's norm over its weights' norm.",
            Paper = "Lee et al.: *Surgical Fine-Tuning Improves Adaptation to Distribution Shifts*, ICLR 2023, arXiv 2210.11466; code anniesch/surgical-finetuning at effeec3.",
            Formula = ["RGN_k = ‖g_k‖₂ / ‖W_k‖₂", "the rate of tensor k is multiplied with RGN_k / max RGN, anew each epoch"],
            Granularity = "Tensors, each epoch, heads included.",
            Frozen = "Nothing is frozen: rates are scaled, and nothing is saved.",
            Here =
            [
                "The code measures on 5 batches before each epoch. Here ‖g‖ is the root mean square over the epoch before, so that in the first two epochs all rates are the run's: the first observation is no opinion.",
                "It makes a new Adam each epoch; here moments are kept. It leaves batch norm out; here every unit has a rate.",
            ],
            Settings = [new("epochs", "1", "epochs from one measurement to the next")],
            Units = "tensor",
        },
        settings => Policy(settings.Integer("epochs")));

    /// <summary>The policy.</summary>
    /// <param name="epochs">Epochs from one measurement to the next; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(int epochs = 1)
    {
        int every = Method.AtLeast("auto-rgn", nameof(epochs), epochs, 1);
        return new Policy(new RelativeGradientNorm(), new RelativeRates(), steps => Method.EpochOptions(steps, every)) { Method = Method };
    }
}
