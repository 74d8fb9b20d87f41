using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>See <see cref="UnitDivision.Blocks"/>.</summary>
internal sealed class BlockDivision : UnitDivision
{
    public override string Name => "block";

    internal override IReadOnlyList<UnitGroup> Divide(ModuleBase model) => ModuleBlocks.Of(model);
}
