using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>A model's parameters and buffers as a safetensors file, under their dotted paths. A tied parameter is written once, under its first path.</summary>
public static class StateDict
{
    /// <summary>A parameter or buffer, and how it gets memory if it has none.</summary>
    private readonly record struct Place(string Path, Shape Shape, Func<Tensor> Value, Action<Device>? Materialize, Action<double[]> Start, bool IsParameter);

    // What a file says about itself: a convolution of PyTorch may have the same shape.
    private const string LayoutKey = "layout", OwnLayout = "researchfreeze-nhwc";

    /// <summary>Writes parameters and buffers in the device's precision; the file's metadata say that they lie as ours do. Waits for the device.</summary>
    public static void Save(ModuleBase model, string path) => Save(model, path, Precision.Float32);

    /// <summary>The same with parameters rounded to bfloat16, for a file of half the size. Buffers stay as they are: they are few, and a variance has no digits to spare.</summary>
    /// <param name="model">What is saved.</param>
    /// <param name="path">The file.</param>
    /// <param name="precision"><see cref="Precision.BFloat16"/>, or <see cref="Precision.Float32"/>: the device's own precision.</param>
    /// <exception cref="ArgumentException">It is another precision, or a parameter has a number that is too large for bfloat16; nothing is written.</exception>
    public static void Save(ModuleBase model, string path, Precision precision)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (precision == Precision.TF32) throw new ArgumentException($"Safetensors: weights are written in {string.Join(" or ", Precisions.SavedNames)}, found {Precisions.NameOf(precision)}.", nameof(precision));
        Safetensors.Write(path, Places(model).Select(place => KeyValuePair.Create(place.Path, Entry(place, precision))), new Dictionary<string, string> { [LayoutKey] = OwnLayout });
    }

    /// <summary>Whether a file says that it was written by <see cref="Save(ModuleBase, string)"/>, so that its weights lie as ours do.</summary>
    public static bool IsOwn(string path) => Safetensors.ReadMetadata(path).GetValueOrDefault(LayoutKey) == OwnLayout;

    /// <summary>Reads parameters and buffers.</summary>
    /// <param name="model">Where to.</param>
    /// <param name="path">A file, an index of several, or a folder; see <see cref="WeightFiles"/>.</param>
    /// <param name="strict">Whether anything missing, unexpected, of another shape or no reals is an error; it is found before anything is written.</param>
    /// <param name="device">Gives parameters and buffers memory there if they have none yet; null: they start with what was loaded when the model is initialised.</param>
    /// <returns>What did not fit, when not strict.</returns>
    /// <exception cref="FormatException">The file is damaged, strict and something does not fit, or a number is not finite: the message names its tensor and place. Nothing is written then.</exception>
    public static LoadReport Load(ModuleBase model, string path, bool strict = true, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        Dictionary<string, SafetensorsEntry> entries = WeightFiles.Read(path);
        return Load(model, entries, $"'{path}'", strict, device);
    }

    /// <summary>The same from entries that have been read, and perhaps renamed, moved or left out.</summary>
    /// <param name="model">Where to.</param>
    /// <param name="entries">By the paths of parameters and buffers.</param>
    /// <param name="where">What they are called in a message.</param>
    /// <param name="strict">Whether anything missing, unexpected, of another shape or no reals is an error; it is found before anything is written.</param>
    /// <param name="device">Gives parameters and buffers memory there if they have none yet; null: they start with what was loaded when the model is initialised.</param>
    /// <returns>What did not fit, when not strict.</returns>
    /// <exception cref="FormatException">Strict, and something does not fit; or a number is not finite: the message names its tensor and place. Nothing is written then.</exception>
    public static LoadReport Load(ModuleBase model, IReadOnlyDictionary<string, SafetensorsEntry> entries, string where = "the state dict", bool strict = true, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(entries);
        Place[] places = [.. Places(model)];
        entries = UnderFirstNames(model, entries);
        LoadReport report = Compare(places, entries);
        if (strict && !report.IsExact) throw new FormatException($"{where} does not fit the model: {report.ToString().ReplaceLineEndings(" ")}.");
        (Place Place, SafetensorsEntry Entry)[] taken = [.. places.Where(place => entries.TryGetValue(place.Path, out SafetensorsEntry? entry) && Fits(entry, place)).Select(place => (place, entries[place.Path]))];
        foreach ((Place place, SafetensorsEntry entry) in taken) FiniteEntries.Require(entry, place.Path, where);
        foreach ((Place place, SafetensorsEntry entry) in taken)
        {
            if (device is not null) place.Materialize?.Invoke(device);
            if (device is null && place.Materialize is not null) place.Start(entry.ToDoubles());
            else entry.CopyTo(place.Value());
        }
        return report;
    }

    /// <summary>What of these entries would not fit a model. Nothing is loaded.</summary>
    public static LoadReport Compare(ModuleBase model, IReadOnlyDictionary<string, SafetensorsEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(entries);
        return Compare([.. Places(model)], UnderFirstNames(model, entries));
    }

    /// <summary>A tied parameter may stand in a file under any of its names, or under several where they agree: the entries under the first.</summary>
    private static IReadOnlyDictionary<string, SafetensorsEntry> UnderFirstNames(ModuleBase model, IReadOnlyDictionary<string, SafetensorsEntry> entries)
    {
        Dictionary<string, SafetensorsEntry>? renamed = null;
        foreach (IGrouping<Parameter, string> uses in model.NamedParameters().GroupBy(named => named.Parameter, named => named.Path).Where(uses => uses.Count() > 1))
        {
            string[] there = [.. uses.Where(entries.ContainsKey)];
            if (there.Length == 0 || (there.Length == 1 && there[0] == uses.Key.Path)) continue;
            SafetensorsEntry found = entries[there[0]];
            foreach (string other in there.Skip(1))
            {
                if (!entries[other].IsSame(found)) throw new FormatException($"'{there[0]}' and '{other}' are one tied parameter in the model, and differ where they are read from.");
            }
            renamed ??= new Dictionary<string, SafetensorsEntry>(entries, StringComparer.Ordinal);
            foreach (string name in there) renamed.Remove(name);
            renamed[uses.Key.Path] = found;
        }
        return renamed ?? entries;
    }

    private static LoadReport Compare(Place[] places, IReadOnlyDictionary<string, SafetensorsEntry> entries)
    {
        var known = places.Select(place => place.Path).ToHashSet(StringComparer.Ordinal);
        return new LoadReport(
            [.. places.Where(place => !entries.ContainsKey(place.Path)).Select(place => place.Path)],
            [.. entries.Keys.Where(name => !known.Contains(name)).Order(StringComparer.Ordinal)],
            [.. places.Where(place => entries.TryGetValue(place.Path, out SafetensorsEntry? entry) && !Fits(entry, place))
                .Select(place => $"{place.Path} ({entries[place.Path].Type} {entries[place.Path].Shape} in the file, {place.Shape} in the model)")]);
    }

    private static SafetensorsEntry Entry(Place place, Precision precision)
    {
        if (precision == Precision.Float32 || !place.IsParameter) return SafetensorsEntry.Referring(place.Value());
        float[] values = place.Value().ToArray();
        int at = Array.FindIndex(values, value => float.IsFinite(value) && !float.IsFinite(Precisions.Round(value, precision)));
        return at < 0 ? SafetensorsEntry.OfBFloat16(place.Shape, values) : throw new ArgumentException(FormattableString.Invariant($"Safetensors: '{place.Path}' has {values[at]:R} at place {at}, which is too large for {Precisions.NameOf(precision)}."), nameof(precision));
    }

    private static bool Fits(SafetensorsEntry entry, Place place) => entry.Kind == SafetensorsKind.Reals && entry.Shape == place.Shape;

    private static IEnumerable<Place> Places(ModuleBase model) =>
        model.Parameters().Select(parameter => new Place(parameter.Path, parameter.Shape, () => parameter.Value, parameter.IsMaterialized ? null : parameter.Materialize, values => parameter.Start = values, IsParameter: true))
            .Concat(model.Buffers().Select(buffer => new Place(buffer.Path, buffer.Shape, () => buffer.Value, buffer.IsMaterialized ? null : buffer.Materialize, values => buffer.Start = values, IsParameter: false)));
}
