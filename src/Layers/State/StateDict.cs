using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>What a state dict and a model had that did not fit.</summary>
/// <param name="Missing">Parameters of the model that the file lacks.</param>
/// <param name="Unexpected">Entries of the file that the model lacks.</param>
/// <param name="Mismatched">Both have them, with other shapes.</param>
public sealed record LoadReport(IReadOnlyList<string> Missing, IReadOnlyList<string> Unexpected, IReadOnlyList<string> Mismatched)
{
    /// <summary>Whether everything fitted.</summary>
    public bool IsExact => Missing.Count + Unexpected.Count + Mismatched.Count == 0;

    /// <summary>One line.</summary>
    public override string ToString() => IsExact ? "everything loaded" : string.Join("; ", new[] { Line("missing", Missing), Line("unexpected", Unexpected), Line("of another shape", Mismatched) }.Where(line => line.Length > 0));

    private static string Line(string what, IReadOnlyList<string> names) =>
        names.Count == 0 ? "" : $"{what}: {string.Join(", ", names.Take(6))}{(names.Count > 6 ? $" and {names.Count - 6} more" : "")}";
}

/// <summary>A model's parameters as a safetensors file, under their dotted paths. A tied parameter is written once, under its first path.</summary>
public static class StateDict
{
    /// <summary>Writes the parameters in the device's precision. Waits for the device.</summary>
    public static void Save(ModuleBase model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        Safetensors.Write(path, model.Parameters().Select(parameter => KeyValuePair.Create(parameter.Path, SafetensorsEntry.Of(parameter.Value))));
    }

    /// <summary>Reads parameters.</summary>
    /// <param name="model">Where to.</param>
    /// <param name="path">The file.</param>
    /// <param name="strict">Whether anything missing, unexpected or of another shape is an error; it is found before the first parameter is written.</param>
    /// <param name="device">Gives parameters memory there if they have none yet.</param>
    /// <returns>What did not fit, when not strict.</returns>
    /// <exception cref="FormatException">The file is damaged, or strict and something does not fit.</exception>
    public static LoadReport Load(ModuleBase model, string path, bool strict = true, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        Dictionary<string, SafetensorsEntry> entries = Safetensors.Read(path);
        Parameter[] parameters = [.. model.Parameters()];
        var known = parameters.ToDictionary(parameter => parameter.Path, StringComparer.Ordinal);
        var report = new LoadReport(
            [.. parameters.Where(parameter => !entries.ContainsKey(parameter.Path)).Select(parameter => parameter.Path)],
            [.. entries.Keys.Where(name => !known.ContainsKey(name)).Order(StringComparer.Ordinal)],
            [.. parameters.Where(parameter => entries.TryGetValue(parameter.Path, out SafetensorsEntry? entry) && entry.Shape != parameter.Shape)
                .Select(parameter => $"{parameter.Path} ({entries[parameter.Path].Shape} in the file, {parameter.Shape} in the model)")]);
        if (strict && !report.IsExact) throw new FormatException($"'{path}' does not fit the model: {report}.");
        foreach (Parameter parameter in parameters)
        {
            if (!entries.TryGetValue(parameter.Path, out SafetensorsEntry? entry) || entry.Shape != parameter.Shape) continue;
            if (!parameter.IsMaterialized && device is not null) parameter.Materialize(device);
            entry.CopyTo(parameter.Value);
        }
        return report;
    }
}
