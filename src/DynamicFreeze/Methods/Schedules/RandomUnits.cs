namespace ResearchFreeze.DynamicFreeze;

/// <summary>A null model: units drawn at random are frozen.</summary>
public static class RandomUnits
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "random",
            Title = "Random units",
            Summary = "Freezes units drawn at random: a null model for any criterion.",
            Paper = "A control and no published method.",
            Formula = ["⌊frozen · L⌋ of the L units without heads are frozen, each as likely as another"],
            Granularity = "Units, before the first step, and every so many steps where asked for.",
            Frozen = "As under any rule.",
            Settings = [new("frozen", "0.5", "the part of the units without heads that is frozen"), new("every", "0", "steps from one draw to the next; 0: one draw for the run")],
        },
        settings => Policy(settings.Real("frozen"), settings.Integer("every")));

    /// <summary>The policy.</summary>
    /// <param name="frozen">The part of the units without heads that is frozen, in [0, 1].</param>
    /// <param name="every">Steps from one draw to the next; 0: one for the run.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(double frozen = 0.5, int every = 0) => new(new NoCriterion(), new RandomSet(frozen, every), steps => Method.Options(steps, every > 0 ? every : steps)) { Method = Method };
}
