using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>See <see cref="UnitDivision.Blocks"/>.</summary>
internal sealed class BlockDivision : UnitDivision
{
    public override string Name => "block";

    internal override IReadOnlyList<UnitGroup> Divide(ModuleBase model)
    {
        var inChildren = new HashSet<string>(model.Children.SelectMany(child => child.NamedParameters()).Select(named => named.Path), StringComparer.Ordinal);
        NamedParameter[] own = [.. model.NamedParameters().Where(named => !inChildren.Contains(named.Path))];
        return [new UnitGroup("(own)", own), .. model.Children.Select(child => new UnitGroup(child.Path, [.. child.NamedParameters()]))];
    }
}
