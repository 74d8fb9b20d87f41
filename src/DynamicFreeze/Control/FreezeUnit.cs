using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What freezes and thaws as one: a block of the model. Every parameter belongs to exactly one; a tied one to the first that uses it.</summary>
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

    /// <summary>The block's path.</summary>
    public string Path { get; }

    /// <summary>The parameters that belong to it.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Elements of its parameters.</summary>
    public long Elements { get; }

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

    /// <summary>Every parameter that the block uses, also those that belong to an earlier unit because they are tied.</summary>
    internal IReadOnlyList<NamedParameter> Uses { get; private set; }

    /// <summary>
    /// Divides a model into its blocks: the children with parameters, in order; parameters that the model owns itself make a first unit. Marks the parameters, so that the device
    /// counts their operations under the unit.
    /// </summary>
    public static IReadOnlyList<FreezeUnit> Of(ModuleBase model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var units = new List<FreezeUnit>();
        var owned = new HashSet<Parameter>(ReferenceEqualityComparer.Instance);
        var inChildren = new HashSet<string>(model.Children.SelectMany(child => child.NamedParameters()).Select(named => named.Path), StringComparer.Ordinal);
        Add("(own)", [.. model.NamedParameters().Where(named => !inChildren.Contains(named.Path))]);
        foreach (ModuleBase child in model.Children) Add(child.Path, [.. child.NamedParameters()]);
        if (units.Count == 0) throw new ArgumentException($"Units: model {model} has no parameters.");
        return units;

        void Add(string path, NamedParameter[] uses)
        {
            Parameter[] parameters = [.. uses.Select(named => named.Parameter).Where(owned.Add)];
            if (parameters.Length == 0)
            {
                // All of it is tied to earlier units: it joins the unit before it, whose fate it shares, as a head that reuses the embedding does.
                if (units.Count > 0) units[^1].Uses = [.. units[^1].Uses, .. uses];
                return;
            }
            foreach (Parameter parameter in parameters) parameter.Unit = units.Count + 1;
            units.Add(new FreezeUnit(units.Count, path, uses, parameters));
        }
    }

    /// <summary>For example <c>2: fc3</c>.</summary>
    public override string ToString() => $"{Index}: {Path}";
}
