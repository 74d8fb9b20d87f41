namespace ResearchFreeze.DynamicFreeze;

/// <summary>ULMFiT's gradual unfreezing (Howard, Ruder 2018).</summary>
public static class UlmFit
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "ulmfit",
            Title = "ULMFiT",
            Summary = "Thaws one more unit each epoch, from the output on; earlier ones learn slower.",
            Paper = "Howard, Ruder: *Universal Language Model Fine-tuning for Text Classification*, ACL 2018, arXiv 1801.06146.",
            Formula = ["in epoch e the last e units train", "the rate of a unit is the next one's / 2.6, the head has the run's"],
            Granularity = "Layer groups, thawed from the output on, one an epoch.",
            Frozen = "A group that has not been thawed yet does not train.",
            Here = ["Its slanted triangular learning rate is not part of the policy, since its constants were not checked: `--schedule` is the run's. `--schedule one-cycle` rises and falls too.", "A group is a unit."],
            Settings = [new("epochs", "1", "epochs from one thaw to the next"), new("factor", "2.6", "by what a unit's rate is less than the next one's; 1: all have one rate")],
            Units = "block",
        },
        settings => Policy(settings.Integer("epochs"), settings.Real("factor")));

    /// <summary>The policy.</summary>
    /// <param name="epochs">Epochs from one thaw to the next; at least 1.</param>
    /// <param name="factor">By what a unit's rate is less than the next one's; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(int epochs = 1, double factor = 2.6)
    {
        int every = Method.AtLeast("ulmfit", nameof(epochs), epochs, 1);
        return new Policy(new NoCriterion(), new Phases([], new PhaseEnd { Epochs = every }, factor), steps => Method.EpochOptions(steps, every)) { Method = Method };
    }
}
