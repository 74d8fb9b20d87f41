using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>One unit to be: its name and every use of a parameter in it.</summary>
internal readonly record struct UnitGroup(string Path, IReadOnlyList<NamedParameter> Uses);

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

/// <summary>See <see cref="UnitDivision.Modules"/>.</summary>
internal sealed class ModuleDivision : UnitDivision
{
    public override string Name => "module";

    internal override IReadOnlyList<UnitGroup> Divide(ModuleBase model) =>
        [.. model.NamedParameters().GroupBy(named => OwnerOf(named.Path)).Select(group => new UnitGroup(group.Key, [.. group]))];

    private static string OwnerOf(string path) => path.Contains('.', StringComparison.Ordinal) ? path[..path.LastIndexOf('.')] : "(own)";
}

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
