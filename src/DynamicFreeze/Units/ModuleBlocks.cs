using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>The blocks of a model: its children, and in place of a child that only chains the children of that one, however deep.</summary>
internal static class ModuleBlocks
{
    private readonly record struct Block(string Path, List<Parameter> Parameters, bool HasMatrix);

    /// <summary>In order; what has no parameters is no block. What the model owns itself comes first, as <c>(own)</c>.</summary>
    public static IReadOnlyList<UnitGroup> Of(ModuleBase model)
    {
        UnitGroup own = new("(own)", [.. model.OwnParameters]);
        IEnumerable<UnitGroup> blocks = model.Children.SelectMany(BlocksOf).Select(block => new UnitGroup(block.Path, block.Parameters));
        return [.. own.Parameters.Count > 0 ? blocks.Prepend(own) : blocks];
    }

    private static List<Block> BlocksOf(ModuleBase module)
    {
        if (module.OnlyChains) return BlocksIn(module);
        List<Parameter> parameters = [.. module.Parameters()];
        return parameters.Count == 0 ? [] : [new Block(module.Path, parameters, parameters.Exists(parameter => parameter.Shape.Rank > 1))];
    }

    private static List<Block> BlocksIn(ModuleBase chain)
    {
        var blocks = new List<Block>();
        foreach (Block next in chain.Children.SelectMany(BlocksOf))
        {
            // A norm is part of the layer before it: who puts a convolution and its norm into a chain of their own means one block. At the front it is part of the layer behind it.
            if (blocks.Count > 0 && !(next.HasMatrix && blocks[^1].HasMatrix)) blocks[^1] = Joined(blocks[^1], next);
            else blocks.Add(next);
        }
        return blocks.Count == 1 ? [blocks[0] with { Path = chain.Path }] : blocks;
    }

    private static Block Joined(Block first, Block second)
    {
        first.Parameters.AddRange(second.Parameters);
        return new Block(second.HasMatrix ? second.Path : first.Path, first.Parameters, first.HasMatrix || second.HasMatrix);
    }
}
