namespace ResearchFreeze.Evaluation;

/// <summary>Runs of a plan in stages: those of one need only runs of earlier ones, and can be made in any order and at the same time.</summary>
public static class SweepStages
{
    /// <summary>The stages of a plan's runs, in the plan's order.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="isLeft">Whether a run is still to be made.</param>
    /// <returns>The stages, none of them empty.</returns>
    public static IReadOnlyList<IReadOnlyList<PlannedRun>> Of(ComparisonPlan plan, Func<PlannedRun, bool> isLeft)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(isLeft);
        var depths = new Dictionary<string, int>();
        var stages = new List<List<PlannedRun>>();
        foreach (PlannedRun run in plan.All.Where(isLeft))
        {
            // What a run needs stands before it; what is done already holds nothing up.
            int depth = run.Needs is { } needs && depths.TryGetValue(needs, out int before) ? before + 1 : 0;
            depths[run.Name] = depth;
            while (stages.Count <= depth) stages.Add([]);
            stages[depth].Add(run);
        }
        return stages;
    }
}
