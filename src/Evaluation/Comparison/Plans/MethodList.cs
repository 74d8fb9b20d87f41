using System.Globalization;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>Methods and seeds as they are written on the command line.</summary>
public static class MethodList
{
    /// <summary>The most methods or seeds: more is a slip of the pen.</summary>
    public const int Most = 1000;

    /// <summary>
    /// Methods joined by ','. A part that begins with a known name, or is neither <c>key=value</c> nor a number, begins a method; others are settings of the one before. Braces are a grid: <c>autofreeze:percentile={30,50,70}</c> is three
    /// methods, <c>static:{1..3}</c> too.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="names">The names of methods.</param>
    /// <exception cref="ArgumentException">A brace is not closed, a method is named twice, or there are too many.</exception>
    public static IReadOnlyList<string> Methods(string text, IReadOnlyCollection<string> names)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(names);
        var found = new List<string>();
        foreach (string part in Split(text))
        {
            string head = part.Split(':')[0];
            bool isSetting = found.Count > 0 && !names.Contains(head) && (head.Contains('=', StringComparison.Ordinal) || head.StartsWith('{') || double.TryParse(head, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
            if (isSetting) found[^1] = $"{found[^1]},{part}";
            else found.Add(part);
        }
        string[] methods = [.. found.SelectMany(Grid)];
        if (methods.Length > Most) throw new ArgumentException($"'{text}': expected at most {Most} methods, found {methods.Length}.");
        return methods.GroupBy(method => method).FirstOrDefault(group => group.Count() > 1) is { } twice ? throw new ArgumentException($"'{text}': method '{twice.Key}' is given twice.") : methods;
    }

    /// <summary>Settings with a method: a policy, or a criterion and a rule as <c>weight-change/budget:flops=0.5</c>.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="method">The method.</param>
    /// <param name="catalogues">The names of policies and criteria.</param>
    public static RunSettings With(RunSettings settings, string method, RunCatalogues catalogues)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(catalogues);
        int slash = method.IndexOf('/', StringComparison.Ordinal);
        // A policy may have one too, in a setting that is a path. What stands before a rule is meant to be a criterion, also where there is none of its name.
        bool isComposed = slash > 0 && (catalogues.Criteria.Names.Contains(NameOf(method[..slash])) || (catalogues.Rules.Names.Contains(NameOf(method[(slash + 1)..])) && !catalogues.Policies.Names.Contains(NameOf(method))));
        return isComposed ? settings with { Policy = null, Criterion = method[..slash], Rule = method[(slash + 1)..] } : settings with { Policy = method, Criterion = null, Rule = null };
    }

    private static string NameOf(string spec) => spec.Split(':', '+')[0];

    /// <summary>Seeds joined by ',', alone or as ranges: <c>0..9,20</c>.</summary>
    /// <exception cref="ArgumentException">It is no list of seeds, one is there twice, or there are too many.</exception>
    public static IReadOnlyList<ulong> Seeds(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var seeds = new List<ulong>();
        foreach (string part in text.Split(','))
        {
            string[] ends = part.Split("..");
            if (ends.Length > 2 || !ends.All(end => ulong.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out _))) throw new ArgumentException($"'{text}': seeds must be numbers and ranges as in 0..4,9, found '{part}'.");
            ulong first = ulong.Parse(ends[0], CultureInfo.InvariantCulture), last = ulong.Parse(ends[^1], CultureInfo.InvariantCulture);
            if (last < first) throw new ArgumentException($"'{text}': a range of seeds must ascend, found '{part}'.");
            if (last - first >= (ulong)(Most - seeds.Count)) throw new ArgumentException($"'{text}': expected at most {Most} seeds, found more with '{part}'.");
            for (ulong seed = first; ; seed++)
            {
                if (seeds.Contains(seed)) throw new ArgumentException($"'{text}': seed {seed} is given twice.");
                seeds.Add(seed);
                if (seed == last) break;
            }
        }
        return seeds;
    }

    /// <summary>Every combination of what stands in braces.</summary>
    internal static IEnumerable<string> Grid(string spec)
    {
        int open = spec.IndexOf('{', StringComparison.Ordinal), close = spec.IndexOf('}', StringComparison.Ordinal);
        if (open < 0 && close < 0) return [spec];
        if (open < 0 || close < open || spec.IndexOf('{', open + 1) is var next && next >= 0 && next < close) throw new ArgumentException($"'{spec}': expected a grid as in {{30,50,70}} or {{1..3}}, found a brace without its other one.");
        return spec[(open + 1)..close].Split(',').SelectMany(choice => Range(spec, choice)).SelectMany(choice => Grid(spec[..open] + choice + spec[(close + 1)..]));
    }

    private static IEnumerable<string> Range(string spec, string choice)
    {
        string[] ends = choice.Split("..");
        if (choice.Length == 0) throw new ArgumentException($"'{spec}': a grid has an empty choice.");
        if (ends.Length != 2) return [choice];
        if (!int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first) || !int.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out int last) || last < first || last - first >= Most)
            throw new ArgumentException($"'{spec}': a range of a grid must be ascending whole numbers as in 1..3, found '{choice}'.");
        return Enumerable.Range(first, last - first + 1).Select(number => number.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>At the commas that are outside of braces.</summary>
    private static IEnumerable<string> Split(string text)
    {
        (int depth, int start) = (0, 0);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '{') depth++;
            else if (text[i] == '}') depth--;
            else if (text[i] == ',' && depth == 0)
            {
                yield return text[start..i];
                start = i + 1;
            }
        }
        yield return text[start..];
    }
}
