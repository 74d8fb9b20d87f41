using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// Weights that a run starts from: another run's folder, a safetensors file, or an index of several. What the source lacks keeps its drawn values; a head of another size is drawn anew; both are said. Anything else of another shape is an
/// error, found before a weight is changed.
/// </summary>
public static class StartWeights
{
    /// <summary>Loads them into a model that has its memory.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">See <see cref="WeightFiles"/>.</param>
    /// <param name="strict">Whether what is missing in the source, or is there and not in the model, is an error; what is reset is neither.</param>
    /// <param name="layout">How the source's weights lie and what they are called: <c>ours</c>, or <c>torch</c> (<see cref="TorchLayout"/>); null: as the source says, or where that makes no difference for the model.</param>
    /// <param name="sample">The shape of one sample, for what is flattened; null: nothing is that has channels.</param>
    /// <param name="reset">Paths at and below which nothing is loaded.</param>
    /// <returns>What was done, in one line.</returns>
    /// <exception cref="ArgumentException">A path to reset is none of the model's, or the layout is not known.</exception>
    /// <exception cref="FormatException">The source is damaged, has nothing that fits, or does not fit.</exception>
    public static string Load(ModuleBase model, string path, bool strict = false, string? layout = null, Shape? sample = null, params IReadOnlyList<string> reset)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(reset);
        string[] paths = [.. model.NamedParameters().Select(named => named.Path), .. model.Buffers().Select(buffer => buffer.Path)];
        foreach (string name in reset)
        {
            if (!paths.Any(each => IsAtOrBelow(each, name))) throw new ArgumentException($"--reset: '{name}' is no path of the model; it has {string.Join(", ", model.Children.Select(child => child.Path))}.");
        }
        bool isTorch = IsTorch(model, path, layout, sample);
        Dictionary<string, SafetensorsEntry> entries = WeightFiles.Read(path);
        if (isTorch) entries = TorchLayout.Convert(model, TorchvisionNames.AreOf(model) ? TorchvisionNames.ByModules(entries) : entries, sample);
        int there = entries.Count;
        string[] anew = [.. entries.Keys.Where(name => reset.Any(each => IsAtOrBelow(name, each)) || IsHeadOfAnotherSize(model, name, entries[name])).Order(StringComparer.Ordinal)];
        foreach (string name in anew) entries.Remove(name);
        LoadReport report = StateDict.Compare(model, entries);
        string[] missing = [.. report.Missing.Where(name => !anew.Contains(name) && !reset.Any(each => IsAtOrBelow(name, each)))];
        if (report.Mismatched.Count > 0) throw new FormatException($"'{path}' does not fit the model: {new LoadReport([], [], report.Mismatched)}; --reset PATH draws a part anew.");
        if (strict && missing.Length + report.Unexpected.Count > 0) throw new FormatException($"'{path}' does not fit the model: {new LoadReport(missing, report.Unexpected, [])}.");
        int fitting = entries.Count - report.Unexpected.Count;
        if (fitting == 0) throw new FormatException($"'{path}' has nothing for the model: {new LoadReport(missing, report.Unexpected, [])}.");
        StateDict.Load(model, entries, $"'{path}'", strict: false);
        string[] parts =
        [
            $"{fitting} of {there} tensors",
            .. anew.Length > 0 ? [$"drawn anew: {Listed(anew)}"] : Array.Empty<string>(),
            .. missing.Length > 0 ? [$"not there and drawn: {Listed(missing)}"] : Array.Empty<string>(),
            .. report.Unexpected.Count > 0 ? [$"passed over: {Listed(report.Unexpected)}"] : Array.Empty<string>(),
        ];
        return $"starts from {path}: {string.Join("; ", parts)}";
    }

    private static bool IsTorch(ModuleBase model, string path, string? layout, Shape? sample)
    {
        switch (layout)
        {
            case "torch":
                return WeightFiles.AreOwn(path) ? throw new ArgumentException($"--from-layout torch: '{path}' says that its weights lie as ours do.") : true;
            case "ours":
                return false;
            case null when !TorchLayout.Matters(model, sample) || WeightFiles.AreOwn(path):
                return false;
            // A file that does not say that it is ours has their names, which these models have none of.
            case null when TorchvisionNames.AreOf(model):
                return true;
            case null:
                throw new ArgumentException($"'{path}' does not say how its weights lie, and the model has layers for which that makes a difference: --from-layout torch, as PyTorch has them, or ours.");
            default:
                throw new ArgumentException($"--from-layout must be torch or ours, found '{layout}'.");
        }
    }

    /// <summary>A head has as many outputs as there are classes, which are others in another task.</summary>
    private static bool IsHeadOfAnotherSize(ModuleBase model, string name, SafetensorsEntry entry) =>
        model.NamedParameters().FirstOrDefault(named => named.Path == name).Parameter is { } parameter && parameter.Shape != entry.Shape && parameter.Shape.Rank == entry.Shape.Rank
        && FreezeUnit.Of(model).Any(unit => unit.IsHead && unit.Parameters.Contains(parameter)) && parameter.Shape.With(0, 0) == entry.Shape.With(0, 0);

    private static bool IsAtOrBelow(string path, string name) => path == name || path.StartsWith(name + ".", StringComparison.Ordinal);

    private static string Listed(IReadOnlyList<string> names) => $"{string.Join(", ", names.Take(6))}{(names.Count > 6 ? $" and {names.Count - 6} more" : "")}";
}
