using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>See <see cref="UnitDivision.Modules"/>.</summary>
internal sealed class ModuleDivision : UnitDivision
{
    public override string Name => "module";

    internal override IReadOnlyList<UnitGroup> Divide(ModuleBase model) => ByName(model.NamedParameters(), named => OwnerOf(named.Path));

    private static string OwnerOf(string path) => path.Contains('.', StringComparison.Ordinal) ? path[..path.LastIndexOf('.')] : "(own)";
}
