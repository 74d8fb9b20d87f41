using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Groups that share a parameter, and groups that share one with those, are one unit: a tied parameter cannot be frozen in one place and train in another. The unit stands where the first of them stood.
/// </summary>
internal static class TiedGroups
{
    private const int MostNames = 3;

    /// <summary>The groups, each parameter once and in one of them, and each name once. A group without parameters is none.</summary>
    public static IReadOnlyList<UnitGroup> Join(IReadOnlyList<UnitGroup> groups)
    {
        int[] parents = [.. Enumerable.Range(0, groups.Count)];
        var users = new Dictionary<Parameter, int>(ReferenceEqualityComparer.Instance);
        for (int i = 0; i < groups.Count; i++)
        {
            foreach (Parameter parameter in groups[i].Parameters)
            {
                if (!users.TryAdd(parameter, i)) Unite(users[parameter], i);
            }
        }
        UnitGroup[] joined = [.. Enumerable.Range(0, groups.Count).GroupBy(FirstOf, i => groups[i]).Select(One).Where(group => group.Parameters.Count > 0)];
        Dictionary<string, int> times = joined.CountBy(group => group.Path).ToDictionary(StringComparer.Ordinal);
        // Two parts of one module's own parameters have nothing but these to tell them apart.
        return [.. joined.Select(group => times[group.Path] > 1 ? group with { Path = group.Parameters[0].Path } : group)];

        int FirstOf(int group)
        {
            while (parents[group] != group) group = parents[group] = parents[parents[group]];
            return group;
        }

        void Unite(int one, int other)
        {
            (int first, int second) = (FirstOf(one), FirstOf(other));
            parents[Math.Max(first, second)] = Math.Min(first, second);
        }
    }

    private static UnitGroup One(IEnumerable<UnitGroup> tied)
    {
        UnitGroup[] groups = [.. tied];
        return new UnitGroup(NameOf([.. groups.Select(group => group.Path)]), [.. groups.SelectMany(group => group.Parameters).Distinct()]);
    }

    /// <summary>For example <c>embed+head</c>. Where one name holds the others it says enough.</summary>
    private static string NameOf(string[] paths)
    {
        string[] names = [.. paths.Distinct(StringComparer.Ordinal)];
        var all = new HashSet<string>(names, StringComparer.Ordinal);
        names = [.. names.Where(name => !Above(name).Any(all.Contains))];
        return names.Length <= MostNames ? string.Join('+', names) : $"{names[0]}+{names[1]}+...+{names[^1]}";
    }

    private static IEnumerable<string> Above(string path)
    {
        for (int dot = path.LastIndexOf('.'); dot > 0; dot = path.LastIndexOf('.', dot - 1)) yield return path[..dot];
    }
}
