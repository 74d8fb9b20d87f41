using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

/// <summary>State as it comes from a damaged file or from something else: every entry gone, shortened, grown, of another kind, out of range, exchanged with every other; entries that nobody knows.</summary>
internal static class StateDamage
{
    private static readonly long[] Integers = [-1, 1_000_000_000, int.MaxValue + 1L, long.MinValue, long.MaxValue];
    private static readonly double[] Reals = [double.NaN, double.PositiveInfinity, -1, 1e300];

    /// <summary>What something saves.</summary>
    public static StateTree Saved(IStateful stateful)
    {
        var tree = new StateTree();
        stateful.SaveState(tree);
        return tree;
    }

    /// <summary>A state as texts, for comparing bit for bit.</summary>
    public static string[] Bits(IStateful stateful) => [.. Saved(stateful).Entries.Select(entry => $"{entry.Key}: {entry.Value.Type} {entry.Value.Shape} {Convert.ToHexString(entry.Value.Bytes)}")];

    /// <summary>Loads each damaged form of a state: it must be refused in one line and leave no trace, or be loaded (two weights exchanged); afterwards the state is what it was. Returns how many were refused, and of how many.</summary>
    public static (int Refused, int Tried) Check(IStateful from, IStateful into)
    {
        string[] before = Bits(into);
        StateTree own = Saved(into);
        int refused = 0, tried = 0;
        foreach ((string what, StateTree damaged) in Of(Saved(from)))
        {
            tried++;
            Exception? error = Record.Exception(() => into.LoadState(damaged));
            if (error is null)
            {
                into.LoadState(own);
                continue;
            }
            refused++;
            Assert.True(error is FormatException, $"{what}: {error}");
            Assert.Matches(@"\AState: '[^\n]*\.\z", error.Message);
            Assert.True(before.SequenceEqual(Bits(into)), $"{what}: refused ({error.Message}), but something was changed.");
        }
        Assert.Equal(before, Bits(into));
        return (refused, tried);
    }

    private static IEnumerable<(string What, StateTree Damaged)> Of(StateTree state)
    {
        KeyValuePair<string, SafetensorsEntry>[] whole = [.. state.Entries];
        for (int i = 0; i < whole.Length; i++)
        {
            (string name, SafetensorsEntry entry) = whole[i];
            yield return ($"{name} gone", With(whole, i, null));
            yield return ($"{name} unknown", new StateTree(new Dictionary<string, SafetensorsEntry>(whole, StringComparer.Ordinal) { [$"{name}/x"] = entry }));
            foreach ((string how, SafetensorsEntry changed) in Changed(entry)) yield return ($"{name} {how}", With(whole, i, changed));
            for (int other = 0; other < i; other++)
            {
                var exchanged = new Dictionary<string, SafetensorsEntry>(whole, StringComparer.Ordinal) { [name] = whole[other].Value, [whole[other].Key] = entry };
                yield return ($"{name} exchanged with {whole[other].Key}", new StateTree(exchanged));
            }
        }
    }

    private static StateTree With(KeyValuePair<string, SafetensorsEntry>[] whole, int place, SafetensorsEntry? entry)
    {
        var changed = new Dictionary<string, SafetensorsEntry>(whole, StringComparer.Ordinal);
        if (entry is null) changed.Remove(whole[place].Key);
        else changed[whole[place].Key] = entry;
        return new StateTree(changed);
    }

    private static IEnumerable<(string How, SafetensorsEntry Changed)> Changed(SafetensorsEntry entry)
    {
        int count = entry.Shape.Count;
        if (entry.Kind == SafetensorsKind.Text)
        {
            yield return ("empty", SafetensorsEntry.Of(""));
            yield return ("longer", SafetensorsEntry.Of($"{entry.Text}x"));
            yield return ("no text", new SafetensorsEntry("U8", [1], [0xFF]));
            yield return ("a number", SafetensorsEntry.Of(Shape.Scalar, [1L]));
            yield break;
        }
        double[] values = entry.ToDoubles();
        SafetensorsEntry Like(Shape shape, IEnumerable<double> changed) =>
            entry.Kind == SafetensorsKind.Reals ? SafetensorsEntry.Of(shape, changed.ToArray()) : SafetensorsEntry.Of(shape, changed.Select(value => (long)value).ToArray());
        if (count > 0) yield return ("cut short", Like([count - 1], values.Take(count - 1)));
        yield return ("grown", Like([count + 1], values.Append(0)));
        yield return ("with an axis more", Like([.. entry.Shape, 1], values));
        yield return ("a text", SafetensorsEntry.Of("x"));
        if (entry.Kind == SafetensorsKind.Reals)
        {
            yield return ("integers", SafetensorsEntry.Of(entry.Shape, new long[count]));
            foreach (double real in Reals) yield return ($"{real}", Like(entry.Shape, Enumerable.Repeat(real, count)));
            yield break;
        }
        yield return ("reals", SafetensorsEntry.Of(entry.Shape, new double[count]));
        foreach (long integer in Integers) yield return ($"{integer}", SafetensorsEntry.Of(entry.Shape, Enumerable.Repeat(integer, count).ToArray()));
    }
}
