namespace ResearchFreeze.Evaluation;

/// <summary>Full training's runs, with the curves that seeds drawn from them make: all methods of the same seeds are held against the same draws, so that their curves are made once.</summary>
/// <param name="curves">For each schedule, for each length, the runs, one a seed, all in the same order.</param>
internal sealed class ControlRuns(IReadOnlyList<IReadOnlyList<IReadOnlyList<RunCost>>> curves)
{
    private readonly List<ControlCurve[]> drawn = [];

    /// <summary>Each length's runs.</summary>
    public IEnumerable<IReadOnlyList<RunCost>> Lengths => curves.SelectMany(curve => curve);

    /// <summary>The curves of some seeds, by their places.</summary>
    public ControlCurve[] Of(int[] seeds) => [.. curves.Select(curve => new ControlCurve(curve.Select(length => RunCost.Mean(length, seeds))))];

    /// <summary>The curves of a draw.</summary>
    /// <param name="number">Its number, counted from 0 in the order in which they are asked for first.</param>
    /// <param name="seeds">The seeds that were drawn, the same whenever this draw is asked for.</param>
    public ControlCurve[] OfDraw(int number, int[] seeds)
    {
        if (number == drawn.Count) drawn.Add(Of(seeds));
        return drawn[number];
    }
}
