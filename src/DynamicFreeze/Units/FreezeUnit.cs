using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What freezes and thaws as one. Every parameter belongs to exactly one; a tied one to the first that uses it.</summary>
public sealed class FreezeUnit
{
    private FreezeUnit(int index, string path, IReadOnlyList<NamedParameter> uses, IReadOnlyList<Parameter> parameters)
    {
        Index = index;
        Path = path;
        Uses = uses;
        Parameters = parameters;
        Elements = parameters.Sum(parameter => (long)parameter.Shape.Count);
    }

    /// <summary>The place in the model, from 0 at the input. The device counts its work under <c>Index + 1</c>.</summary>
    public int Index { get; }

    /// <summary>The unit's name: the path of its block, module or parameter.</summary>
    public string Path { get; }

    /// <summary>The parameters that belong to it.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Elements of its parameters.</summary>
    public long Elements { get; }

    /// <summary>Whether it is (part of) the model's last block with parameters of its own, which is never frozen.</summary>
    public bool IsHead { get; private set; }

    /// <summary>Whether all its parameters are frozen.</summary>
    public bool IsFrozen
    {
        get
        {
            // Asked several times a step: a loop allocates nothing.
            for (int i = 0; i < Parameters.Count; i++)
            {
                if (!Parameters[i].IsFrozen) return false;
            }
            return true;
        }
    }

    /// <summary>Every parameter that the unit uses, also those that belong to an earlier unit because they are tied.</summary>
    internal IReadOnlyList<NamedParameter> Uses { get; private set; }

    /// <summary>The place of the model's last child that belongs to the unit, those without parameters behind it included; −1 where there is none.</summary>
    internal int LastBlock { get; private set; } = -1;

    /// <summary>Divides a model into its blocks: <see cref="UnitDivision.Blocks"/>.</summary>
    public static IReadOnlyList<FreezeUnit> Of(ModuleBase model) => Of(model, UnitDivision.Blocks);

    /// <summary>Divides a model. Marks the parameters, so that the device counts their operations under the unit.</summary>
    /// <exception cref="ArgumentException">The model has no parameters, or a parameter belongs to no unit.</exception>
    public static IReadOnlyList<FreezeUnit> Of(ModuleBase model, UnitDivision division)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(division);
        var units = new List<FreezeUnit>();
        var owned = new HashSet<Parameter>(ReferenceEqualityComparer.Instance);
        foreach (UnitGroup group in division.Divide(model))
        {
            Parameter[] parameters = [.. group.Uses.Select(named => named.Parameter).Where(owned.Add)];
            if (parameters.Length == 0)
            {
                // All of it is tied to earlier units: it joins the unit before it, whose fate it shares, as a head that reuses the embedding does.
                if (units.Count > 0) units[^1].Uses = [.. units[^1].Uses, .. group.Uses];
                continue;
            }
            foreach (Parameter parameter in parameters) parameter.Unit = units.Count + 1;
            units.Add(new FreezeUnit(units.Count, group.Path, group.Uses, parameters));
        }
        if (units.Count == 0) throw new ArgumentException($"Units: model {model} has no parameters.");
        foreach (NamedParameter named in model.NamedParameters())
        {
            if (!owned.Contains(named.Parameter)) throw new ArgumentException($"Units: '{named.Path}' belongs to no unit of this division.");
        }
        FindHead(model, units);
        FindBlocks(model, units);
        return units;
    }

    /// <summary>For example <c>2: fc3</c>.</summary>
    public override string ToString() => $"{Index}: {Path}";

    private static void FindHead(ModuleBase model, List<FreezeUnit> units)
    {
        units[^1].IsHead = true;
        if (model.Children.LastOrDefault(child => child.HasParameters) is not { } last) return;
        var inside = new HashSet<Parameter>(last.Parameters(), ReferenceEqualityComparer.Instance);
        foreach (ModuleBase child in model.Children.Where(child => child != last)) inside.ExceptWith(child.Parameters());
        foreach (FreezeUnit unit in units.Where(unit => unit.Parameters.All(inside.Contains))) unit.IsHead = true;
    }

    private static void FindBlocks(ModuleBase model, List<FreezeUnit> units)
    {
        FreezeUnit? current = null;
        for (int i = 0; i < model.Children.Count; i++)
        {
            var here = new HashSet<Parameter>(model.Children[i].Parameters(), ReferenceEqualityComparer.Instance);
            FreezeUnit[] inside = [.. units.Where(unit => unit.Parameters.Any(here.Contains))];
            if (inside.Length > 0) current = inside[^1];
            foreach (FreezeUnit unit in inside) unit.LastBlock = i;
            if (inside.Length == 0 && current is not null)
            {
                // A child without parameters joins what is before it, all units of the block before alike.
                foreach (FreezeUnit unit in units.Where(unit => unit.LastBlock == i - 1)) unit.LastBlock = i;
            }
        }
    }
}
