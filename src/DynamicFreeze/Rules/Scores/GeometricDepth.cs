namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// PipeTransformer (He et al. 2021): at each check a part α of the units that still train may be frozen, from the input on. As released: ⌈L · (1 − (1 − α)^e)⌉ at check e. By the gradient as well: no further than up to the
/// unit that trains with the smallest score, which itself trains on.
/// </summary>
public sealed class GeometricDepth : IFreezeRule<CheckCount>
{
    // As in ScheduleCap.
    private const double Rounding = 1e-9;

    private readonly double alpha;
    private readonly bool byScore;

    /// <summary>A rule.</summary>
    /// <param name="alpha">α in (0, 1].</param>
    /// <param name="byScore">Whether the smallest score is a limit too.</param>
    public GeometricDepth(double alpha = 0.5, bool byScore = true)
    {
        if (alpha is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(alpha), FormattableString.Invariant($"geometric-depth: alpha must be in (0, 1], found {alpha}."));
        this.alpha = alpha;
        this.byScore = byScore;
    }

    /// <inheritdoc/>
    public string Name => "geometric-depth";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"alpha={alpha},score={byScore}");

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref CheckCount state)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(state);
        var decision = new FreezeDecision(context);
        if (context.Step == 0) return decision;
        int check = ++state.Checks;
        UnitView[] units = [.. context.Units.Where(unit => !unit.IsHead)];
        int frozen = units.TakeWhile(unit => unit.IsFrozen).Count();
        int depth = byScore ? Math.Min((int)Math.Ceiling(frozen + (alpha * (units.Length - frozen)) - Rounding), Smallest(units, frozen)) : ScheduleCap.Limit(units.Length, alpha, check);
        string reason = FormattableString.Invariant($"check {check}: {depth} of {units.Length} units");
        foreach (UnitView unit in units[..Math.Max(frozen, depth)])
        {
            if (!unit.IsFrozen) decision.Freeze(unit.Index, byScore ? $"{reason}, those before the smallest {units[depth < units.Length ? depth : ^1].Explanation}" : reason);
        }
        return decision;
    }

    /// <summary>The place of the unit with the smallest score among those behind the frozen prefix; where one of them has none, there is no smallest, and nothing is frozen.</summary>
    private static int Smallest(UnitView[] units, int frozen)
    {
        int smallest = frozen;
        for (int i = frozen; i < units.Length; i++)
        {
            if (units[i].IsFrozen) continue;
            if (double.IsNaN(units[i].Score)) return frozen;
            if (units[i].Score < units[smallest].Score) smallest = i;
        }
        return smallest;
    }
}
