namespace ResearchFreeze.DynamicFreeze;

/// <summary>A null model: another run's freezes at their times, of other units.</summary>
public static class Shuffled
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "shuffled",
            Title = "Shuffled",
            Summary = "Another run's freezes at their times, of units drawn at random in their place.",
            Paper = "A control and no published method: a criterion is worth what it is better than this.",
            Formula = ["a permutation of the units without heads is drawn once; unit i is frozen and thawed when the recorded run froze and thawed the unit that i stands in for"],
            Granularity = "The recorded run's units; this one's must be as many.",
            Frozen = "As under any rule. Rates, masks and optimizer state of the recorded run are not repeated.",
            Here = ["A run that its rule ended ends at the same step.", "As many units are frozen for as long as in the recorded run. The operations saved differ, since units differ in cost and a prefix saves more."],
            Settings = [new("run", "", "the recorded run's folder, or its decisions.jsonl; it must be given")],
        },
        settings => settings.Word("run") is { Length: > 0 } run ? Policy(DecisionRecord.ReadRun(run)) : throw new ArgumentException("'shuffled': run is needed, a run's folder, as in shuffled:run=runs/a."));

    /// <summary>The policy.</summary>
    /// <param name="record">The recorded run's decisions.</param>
    public static Policy Policy(DecisionRecord record) => new(new NoCriterion(), new ShuffledRule(record), steps => Method.Options(steps, steps)) { Method = Method };
}
