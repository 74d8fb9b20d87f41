using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>How a model is divided into units.</summary>
public abstract class UnitDivision
{
    /// <summary>The model's children with parameters, in order; parameters that the model owns itself make a first unit. The default.</summary>
    public static UnitDivision Blocks { get; } = new BlockDivision();

    /// <summary>Every module that owns parameters, in order of registration: a convolution and the norm behind it are two units.</summary>
    public static UnitDivision Modules { get; } = new ModuleDivision();

    /// <summary>Every parameter, in order of registration.</summary>
    public static UnitDivision Tensors { get; } = new NamedDivision("tensor", named => named.Path);

    /// <summary>The name in logs and on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Parameters of one name make a unit; units are in the order of their first parameter. A parameter for which the name is null or empty is an error.</summary>
    public static UnitDivision By(Func<NamedParameter, string?> unitOf)
    {
        ArgumentNullException.ThrowIfNull(unitOf);
        return new NamedDivision("predicate", unitOf);
    }

    /// <summary>Boundaries found in the graph of a forward pass: <see cref="TracedDivision"/>.</summary>
    /// <param name="forward">Computes the model's output or loss on a small batch.</param>
    public static TracedDivision Traced(Func<Tensor> forward)
    {
        ArgumentNullException.ThrowIfNull(forward);
        return new TracedDivision(forward);
    }

    internal abstract IReadOnlyList<UnitGroup> Divide(ModuleBase model);
}
