using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Units as a test writes them down: their paths in order, heads with a star.</summary>
internal static class UnitText
{
    public static string Of(ModuleBase model, UnitDivision? division = null) => Of(FreezeUnit.Of(model, division ?? UnitDivision.Blocks));

    public static string Of(IEnumerable<FreezeUnit> units) => string.Join(' ', units.Select(unit => unit.IsHead ? $"{unit.Path}*" : unit.Path));
}
