namespace ResearchFreeze.DynamicFreeze;

/// <summary>Nothing that a decision has cut is cut until this is disposed: for full steps, trial steps and probes, which want the true gradient.</summary>
internal readonly ref struct Uncut
{
    private readonly IReadOnlyList<FreezeUnit> units;
    private readonly bool[] cut;

    public Uncut(IReadOnlyList<FreezeUnit> units)
    {
        this.units = units;
        cut = [.. units.Select(unit => unit.CutRate > 0 && unit.IsCut)];
        Set(i => false);
    }

    /// <summary>What was cut is cut again.</summary>
    public void Dispose() => Set(i => true);

    private void Set(Func<int, bool> isCut)
    {
        for (int i = 0; i < cut.Length; i++)
        {
            if (cut[i]) units[i].SetCut(isCut(i));
        }
    }
}
