namespace ResearchFreeze.DynamicFreeze;

/// <summary>A control: only the head trains.</summary>
public static class HeadOnly
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "head-only",
            Title = "Head only",
            Summary = "Trains heads alone: linear probing, the control of fine-tuning.",
            Paper = "A control and no published method.",
            Formula = ["all units but heads are frozen before the first step"],
            Granularity = "Units, for the whole run.",
            Frozen = "As under any rule; `--cache` keeps what is in front of the head.",
            Here = ["A model without a head is an error; a tied head must be named, as in `--units block:head=head`."],
        },
        _ => Policy());

    /// <summary>The policy.</summary>
    public static Policy Policy() => new(new NoCriterion(), new OnlyHeads(), steps => Method.Options(steps, steps)) { Method = Method };
}
