using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>See <see cref="UnitDivision.By"/>.</summary>
internal sealed class NamedDivision(string name, Func<NamedParameter, string?> unitOf) : UnitDivision
{
    public override string Name => name;

    internal override IReadOnlyList<UnitGroup> Divide(ModuleBase model) => ByName(model.NamedParameters(), NameOf);

    private string NameOf(NamedParameter named)
    {
        string? unit = unitOf(named);
        return string.IsNullOrEmpty(unit) ? throw new ArgumentException($"Units: the predicate gives '{named.Path}' no unit.") : unit;
    }
}
