using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>See <see cref="UnitDivision.By"/>.</summary>
internal sealed class NamedDivision(string name, Func<NamedParameter, string?> unitOf) : UnitDivision
{
    public override string Name => name;

    internal override IReadOnlyList<UnitGroup> Divide(ModuleBase model) =>
        [.. model.NamedParameters().GroupBy(NameOf).Select(group => new UnitGroup(group.Key, [.. group]))];

    private string NameOf(NamedParameter named)
    {
        string? unit = unitOf(named);
        return string.IsNullOrEmpty(unit) ? throw new ArgumentException($"Units: the predicate gives '{named.Path}' no unit.") : unit;
    }
}
