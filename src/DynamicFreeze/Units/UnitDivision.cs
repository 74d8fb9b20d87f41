using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>How a model is divided into units.</summary>
public abstract class UnitDivision
{
    private const int MostShown = 8;

    /// <summary>
    /// The model's children with parameters, in order; one that only chains (<see cref="ModuleBase.IsChain"/>) is looked into in the same way. Parameters that the model owns itself make a first unit. The default.
    /// </summary>
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

    /// <summary>The same division with a head that is named and not found: every unit that has one of these names, or a parameter at or below one of these paths. No path: there is no head.</summary>
    public UnitDivision WithHead(params IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return new HeadedDivision(this, paths);
    }

    /// <summary>The units in one line, heads with a star; of many, the first and the last: <c>4 units (block), * never frozen: conv1, conv2, fc1, head*</c>.</summary>
    public string Describe(IReadOnlyList<FreezeUnit> units)
    {
        ArgumentNullException.ThrowIfNull(units);
        string[] names = [.. units.Select(unit => unit.IsHead ? $"{unit.Path}*" : unit.Path)];
        if (names.Length > MostShown) names = [.. names[..(MostShown / 2)], "...", .. names[^2..]];
        string head = units.Any(unit => unit.IsHead) ? ", * never frozen" : ", no head";
        return $"{units.Count} unit{(units.Count == 1 ? "" : "s")} ({Name}){head}: {string.Join(", ", names)}";
    }

    internal abstract IReadOnlyList<UnitGroup> Divide(ModuleBase model);

    /// <summary>
    /// For each unit whether it is a head, asked after <see cref="Divide"/>. Without a trace only a chain says what feeds the loss: its last block, and so every unit that lies in it entirely. Where the last block is the only one there
    /// is no head, or nothing could be frozen.
    /// </summary>
    internal virtual bool[] FindHeads(ModuleBase model, IReadOnlyList<UnitGroup> units)
    {
        IReadOnlyList<UnitGroup> blocks = model.IsChain ? ModuleBlocks.Of(model) : [];
        return LastAlone(blocks.Select(block => block.Parameters), units);
    }

    /// <summary>What feeds the loss and is tied to something before it, so that <see cref="FindHeads"/> finds no head in it: the path of a chain's last block, and the parameters that it shares. Whoever has named the head knows.</summary>
    internal virtual (string Path, IReadOnlySet<Parameter> Shared) FindTied(ModuleBase model)
    {
        IReadOnlyList<UnitGroup> blocks = model.IsChain ? ModuleBlocks.Of(model) : [];
        var shared = new HashSet<Parameter>(blocks.SkipLast(1).SelectMany(block => block.Parameters), ReferenceEqualityComparer.Instance);
        if (blocks.Count > 0) shared.IntersectWith(blocks[^1].Parameters);
        return (blocks.Count == 0 ? "" : blocks[^1].Path, shared);
    }

    /// <summary>For each unit whether all its parameters are in the last of these parts of the model and in no other; none is where there are not two.</summary>
    private protected static bool[] LastAlone(IEnumerable<IReadOnlyList<Parameter>> parts, IReadOnlyList<UnitGroup> units)
    {
        IReadOnlyList<Parameter>[] all = [.. parts];
        if (all.Length < 2) return new bool[units.Count];
        var last = new HashSet<Parameter>(all[^1], ReferenceEqualityComparer.Instance);
        foreach (IReadOnlyList<Parameter> part in all[..^1]) last.ExceptWith(part);
        return [.. units.Select(unit => unit.Parameters.All(last.Contains))];
    }

    /// <summary>One group a name, in the order of first parameters.</summary>
    private protected static IReadOnlyList<UnitGroup> ByName(IEnumerable<NamedParameter> parameters, Func<NamedParameter, string> nameOf) =>
        [.. parameters.GroupBy(nameOf, named => named.Parameter).Select(group => new UnitGroup(group.Key, [.. group]))];
}
