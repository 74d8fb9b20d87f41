namespace ResearchFreeze.DynamicFreeze;

/// <summary>The evidence-based criterion of Surgical Fine-Tuning (Lee et al. 2023).</summary>
public static class EvidenceBased
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "eb-criterion",
            Title = "Evidence-based criterion",
            Summary = "Stops tensors whose gradient is no larger than it varies, anew each epoch.",
            Paper = "Lee et al.: *Surgical Fine-Tuning Improves Adaptation to Distribution Shifts*, ICLR 2023, arXiv 2210.11466; code anniesch/surgical-finetuning at b60d94c.",
            Formula =
            [
                "E_k = mean over the scalars of tensor k of g² / (v + 10⁻⁸)",
                "v: the unbiased variance of g along the tensor's first axis",
                "the rate of tensor k is 0 where E_k < 0.95, else the run's, anew each epoch",
            ],
            Granularity = "Tensors, each epoch, heads included.",
            Frozen = "Rate 0. Gradients are computed all the same, by which a tensor is judged again an epoch later: nothing is saved.",
            CodeDiffers = ["The name is that of a criterion which takes the variance over samples (Mahsereci et al. 2017); the released code, and this, take it along an axis of the gradient of a batch."],
            Here =
            [
                "The code averages E over 5 batches before each epoch. Here it is the mean over all steps of the epoch before, so that in the first two epochs all rates are the run's: the first observation is no opinion.",
                "A tensor whose first axis has one element has no variance and keeps the run's rate; in the code it is not a number, and keeps it too.",
                "It makes a new Adam each epoch; here moments are kept. It leaves batch norm at rate 0; here every unit is judged.",
            ],
            Settings = [new("threshold", "0.95", "a tensor below it gets rate 0"), new("epochs", "1", "epochs from one measurement to the next")],
            Units = "tensor",
        },
        settings => Policy(settings.Real("threshold"), settings.Integer("epochs")));

    /// <summary>The policy.</summary>
    /// <param name="threshold">A tensor whose ratio is below it gets rate 0; positive, since no ratio is below 0.</param>
    /// <param name="epochs">Epochs from one measurement to the next; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(double threshold = 0.95, int epochs = 1)
    {
        if (!(threshold > 0)) throw new ArgumentOutOfRangeException(nameof(threshold), FormattableString.Invariant($"eb-criterion: the threshold must be positive, since no ratio is below 0, found {threshold}."));
        int every = Method.AtLeast("eb-criterion", nameof(epochs), epochs, 1);
        return new Policy(new EvidenceRatio(), new SwitchedRates(threshold), steps => Method.EpochOptions(steps, every)) { Method = Method };
    }
}
