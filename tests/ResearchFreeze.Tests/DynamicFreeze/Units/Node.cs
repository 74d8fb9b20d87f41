using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>A module of any shape, for divisions: they see parameters, children and whether it only chains, and never run it.</summary>
internal sealed class Node(bool isChain = false) : ModuleBase
{
    public override bool IsChain => isChain;

    /// <summary>What a layer is: a matrix and a vector.</summary>
    public static Node Layer() => new Node().With(2).With(1);

    /// <summary>What a normalisation is: two vectors.</summary>
    public static Node Norm() => new Node().With(1).With(1);

    public static Node Chain(params (string Name, ModuleBase Module)[] children) => new Node(isChain: true).Holding(children);

    /// <summary>A container that does more than to chain.</summary>
    public static Node Container(params (string Name, ModuleBase Module)[] children) => new Node().Holding(children);

    /// <summary>Something that uses these parameters of others, and a vector of its own.</summary>
    public static Node Using(params Parameter[] tied)
    {
        Node node = new Node().With(1);
        foreach (Parameter parameter in tied) node.Tie(parameter);
        return node;
    }

    public Node With(int rank)
    {
        Register($"p{OwnCount()}", Shape(rank), Initializers.Zeros);
        return this;

        static Shape Shape(int rank) => rank == 1 ? [2] : [2, 2];
    }

    public void Tie(Parameter parameter) => Register($"p{OwnCount()}", parameter);

    public Node Holding(params (string Name, ModuleBase Module)[] children)
    {
        foreach ((string name, ModuleBase module) in children) Register(name, module);
        return this;
    }

    private int OwnCount() => NamedParameters().Count() - Children.Sum(child => child.NamedParameters().Count());
}
