namespace ResearchFreeze.DynamicFreeze;

/// <summary>finetuning-scheduler's phases.</summary>
public static class FinetuningScheduler
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "finetuning-scheduler",
            Title = "finetuning-scheduler",
            Summary = "Thaws the next parameters when validation has stopped getting better.",
            Paper = "speediedan/finetuning-scheduler at ceae3f0: the schedule that it makes by itself, with transitions by its early stopping.",
            Formula = ["phase k trains the last k · units units", "a phase ends when `patience` validation measurements in a row, taken in it, were no better than the best so far"],
            Granularity = "Parameters, two more a phase in its own schedule, from the output on.",
            Frozen = "Parameters do not train. Batch norm's running statistics go on by default.",
            Here =
            [
                "Before each thaw it goes back to the best checkpoint (`restore_best`). Here the weights stay.",
                "Phases of one's own, by regular expressions, are `phases:…` with `--units`. Optimizers and schedules that begin anew with a phase are not there.",
                "`patience` is ours: it is the early stopping's there, which the user sets.",
            ],
            Settings = [new("units", "2", "units that each phase adds"), new("patience", "3", "validation measurements that are no better"), new("metric", "validation", "which measurement")],
            Units = "tensor",
        },
        settings => Policy(settings.Integer("units"), settings.Integer("patience"), settings.Word("metric")));

    /// <summary>The policy.</summary>
    /// <param name="units">Units that each phase adds; at least 1.</param>
    /// <param name="patience">Validation measurements that are no better; at least 1.</param>
    /// <param name="metric">Which measurement.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(int units = 2, int patience = 3, string metric = "validation")
    {
        int step = Method.AtLeast("finetuning-scheduler", nameof(units), units, 1);
        var end = new PhaseEnd(Patience: Method.AtLeast("finetuning-scheduler", nameof(patience), patience, 1), Metric: metric);
        return new Policy(new NoCriterion(), new Phases([], end, growth: step), steps => Method.Options(steps, steps / 100)) { Method = Method };
    }
}
