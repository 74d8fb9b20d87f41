using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>See <see cref="UnitDivision.WithHead"/>.</summary>
internal sealed class HeadedDivision(UnitDivision division, IReadOnlyList<string> paths) : UnitDivision
{
    private const int MostNamed = 8;

    public override string Name => division.Name;

    internal override IReadOnlyList<UnitGroup> Divide(ModuleBase model) => division.Divide(model);

    /// <exception cref="ArgumentException">A path is no unit's name and has no parameter at or below it.</exception>
    internal override bool[] FindHeads(ModuleBase model, IReadOnlyList<UnitGroup> units)
    {
        NamedParameter[] all = [.. model.NamedParameters()];
        var heads = new bool[units.Count];
        foreach (string path in paths)
        {
            var here = new HashSet<Parameter>(all.Where(named => IsWithin(named.Path, path)).Select(named => named.Parameter), ReferenceEqualityComparer.Instance);
            bool isFound = false;
            for (int i = 0; i < heads.Length; i++)
            {
                if (units[i].Path != path && !units[i].Parameters.Any(here.Contains)) continue;
                heads[i] = isFound = true;
            }
            if (!isFound)
                throw new ArgumentException($"Units: the head '{path}' is no unit and has no parameters; units are {string.Join(", ", units.Take(MostNamed).Select(unit => unit.Path))}{(units.Count > MostNamed ? ", ..." : "")}.");
        }
        return heads;
    }

    internal override (string Path, IReadOnlySet<Parameter> Shared) FindTied(ModuleBase model) => ("", new HashSet<Parameter>());

    private static bool IsWithin(string path, string module) =>
        path.StartsWith(module, StringComparison.Ordinal) && (path.Length == module.Length || path[module.Length] == '.');
}
