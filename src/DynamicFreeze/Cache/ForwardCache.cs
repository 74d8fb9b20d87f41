using System.Diagnostics;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Keeps what the frozen first part of a model gives for each sample, and reads it instead of computing it (AutoFreeze, Liu et al. 2021; Egeria, Wang et al. 2023). In float32 the results are the same bits on the CPU. The boundary
/// moves on with the freezing by running only the newly frozen stages over what is kept; whatever changes the prefix drops what was kept behind the change. Used where it pays, by measured times, unless it is forced.
/// For one data set, whose samples are known by their ids, and for one thread.
/// </summary>
public sealed class ForwardCache : IDisposable
{
    // Reads between two looks at whether they pay.
    private const int ReviewEvery = 100;

    private readonly CacheOptions options;
    private readonly Action<string>? say;
    private readonly CacheStorage storage;
    private readonly bool ownsStorage;
    private readonly CacheEntries entries;
    private readonly List<long> passes = [];
    private CachedModel? bound;
    private int boundary;
    private int reviewed;
    private long read;
    private long computed;
    private double readSeconds;
    private double writeSeconds;
    private long skipped;

    /// <summary>An empty cache, or what an earlier one has left in the options' folder.</summary>
    /// <param name="options">Settings; null: the defaults.</param>
    /// <param name="say">Is told in a line what is kept, what it saves, and why nothing is.</param>
    /// <exception cref="ArgumentException">A folder is given, and nothing that says what is kept there.</exception>
    /// <exception cref="IOException">The folder's file cannot be written, or another run has it.</exception>
    public ForwardCache(CacheOptions? options = null, Action<string>? say = null)
    {
        (this.options, this.say, ownsStorage) = (options ?? new CacheOptions(), say, true);
        storage = CacheFile.StorageOf(this.options);
        entries = new CacheEntries(storage, this.options.Variants);
    }

    /// <summary>A cache of another data set in the memory, and within the limit, of one that is disposed after it.</summary>
    /// <exception cref="ArgumentException">One of them has a file.</exception>
    public ForwardCache(CacheOptions options, Action<string>? say, ForwardCache shared)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(shared);
        if ((options.Folder ?? shared.options.Folder) is { } folder) throw new ArgumentException($"Cache: memory can be shared, a file in '{folder}' cannot.");
        (this.options, this.say, storage) = (options, say, shared.storage);
        entries = new CacheEntries(storage, options.Variants);
    }

    /// <summary>Why nothing is kept, found while training: a module of somebody's own gave a sample another output alone than in its batch, say. Null: there is no reason.</summary>
    public string? Refusal { get; private set; }

    /// <summary>The path of the stage whose output is kept; null: nothing is.</summary>
    public string? Boundary => boundary == 0 ? null : bound!.Watch.NameOf(boundary);

    /// <summary>Whether samples will come again: in a last pass nothing is written. True at first.</summary>
    public bool IsWritten { get; set; } = true;

    /// <summary>What was done so far.</summary>
    public CacheReport Report => new(read, computed, entries.All.Sum(each => (long)each.Entry.Place.Bytes), readSeconds, writeSeconds, skipped);

    /// <summary>Finds out whether a model's prefix could be kept.</summary>
    /// <exception cref="ArgumentException">It has no stages, or a module gives the same sample different outputs also where it is frozen.</exception>
    public static void Check(ModuleBase model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!model.HasParameters) throw new ArgumentException($"Cache: needs a model with parameters, of which some are frozen, found {model} without.");
        if (model is not IStaged) throw new ArgumentException($"Cache: needs a model with stages (IStaged: a Sequential, a transformer), found {model}.");
        if (StageWatch.Refusal(model) is { } refusal) throw new ArgumentException($"Cache: {refusal}, so that nothing before it can be kept.");
    }

    /// <summary>The model's outputs for a batch, as its own forward pass gives them.</summary>
    /// <param name="model">The same each time.</param>
    /// <param name="batch">Samples; their ids are their places in one data set.</param>
    /// <exception cref="ArgumentException">The model cannot be cached (<see cref="Check"/>), or is another than before.</exception>
    /// <exception cref="InvalidOperationException">Samples come in more augmentations than the options say.</exception>
    public Tensor Forward(ModuleBase model, Batch batch)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batch);
        CachedModel cached = Bind(model);
        // A probe asks for gradients of frozen units too, who watches the outputs wants all of them, and a gradient of the inputs goes through all stages.
        if (Refusal is not null || GradMode.IsOverridden || batch.WantsInputGradient || model is IObservedChain { IsObserved: true }) return cached.Run(batch, null, 0, cached.Count);
        int frozen = cached.Watch.Frozen;
        Follow(cached, Math.Min(frozen, cached.Watch.Unchanged(frozen)), frozen);
        if (frozen == 0) return cached.Run(batch, null, 0, cached.Count);
        entries.Admit(batch.AugmentationKey);
        if (!cached.Choice.IsMade(frozen))
        {
            if (Try(cached, batch, frozen) is { } tried)
            {
                using Tensor prefix = tried;
                return cached.Run(batch, prefix, frozen, cached.Count);
            }
        }
        if (boundary == 0 || Refusal is not null) return cached.Run(batch, null, 0, cached.Count);
        cached.Watch.Passes(boundary, passes);
        using Tensor kept = Prefix(cached, batch);
        cached.Watch.OnePass(boundary, passes);
        return cached.Run(batch, kept, boundary, cached.Count);
    }

    /// <summary>Whether a batch's values need not be read, since something is kept of each of its samples. The prefix may be thawed meanwhile: then they are needed all the same. May be asked by another thread.</summary>
    /// <param name="augmentationKey">Names the batch's augmentation; 0: none.</param>
    /// <param name="sampleIds">The samples' places in their data set.</param>
    public bool Has(ulong augmentationKey, ReadOnlySpan<int> sampleIds) => boundary > 0 && entries.HasAll(augmentationKey, sampleIds, boundary);

    /// <summary>Writes down what is kept in the folder's file, for the next cache; nothing where memory is used.</summary>
    public void Save()
    {
        if (bound is null) return;
        try
        {
            CacheFile.Save(options, entries, bound);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What was trained does not depend on it.
            say?.Invoke($"cache: the list of what is kept is not written, so that the next run computes it again: {exception.Message}");
        }
    }

    /// <summary>Writes down what is kept, and releases the memory.</summary>
    public void Dispose()
    {
        Save();
        if (ownsStorage) storage.Dispose();
    }

    private CachedModel Bind(ModuleBase model)
    {
        if (bound is not null && !ReferenceEquals(bound.Model, model)) throw new ArgumentException($"Cache: expected the model that it was first used with, {bound.Model}, found another, {model}.");
        if (bound is { IsOnDevice: true }) return bound;
        if (bound is null) Check(model);
        // It has moved: another device's values have other bits, and perhaps another form.
        entries.DropBehind(0);
        boundary = 0;
        return bound = new CachedModel(model, options, storage.Limit) { IsFileRead = bound is not null };
    }

    /// <summary>What was kept behind a stage that is not frozen any more, or has changed, goes; what a file has of the stages that are frozen now is taken over, once.</summary>
    private void Follow(CachedModel cached, int unchanged, int frozen)
    {
        if (unchanged < cached.Highest) entries.DropBehind(unchanged);
        cached.Highest = Math.Min(cached.Highest, unchanged);
        if (boundary > frozen)
        {
            boundary = 0;
            cached.Choice.Reconsider();
        }
        if (frozen > 0 && !cached.IsFileRead)
        {
            cached.IsFileRead = true;
            cached.Found(CacheFile.Load(options, entries, storage, cached, frozen, say));
        }
    }

    /// <summary>Runs and times the frozen stages one by one, and chooses a boundary once enough is known. Gives the prefix's output; null: enough was known before.</summary>
    private Tensor? Try(CachedModel cached, Batch batch, int frozen)
    {
        if (cached.IsVerified(frozen) && cached.Choice.CanChoose(frozen) && cached.Watch.IsCounted(frozen))
        {
            Decide(cached, frozen);
            return null;
        }
        // A few batches each time that the prefix has grown: what a choice goes by is worth waiting for.
        Tensor tried = cached.Timed(batch, null, 0, frozen, waits: !options.IsForced);
        computed += batch.Count;
        if (!cached.IsVerified(frozen)) Verify(cached, batch, tried, frozen);
        if (Refusal is not null) return tried;
        if (!options.IsForced) cached.TimeReading(storage, tried, frozen);
        if (!cached.Choice.CanChoose(frozen)) return tried;
        Decide(cached, frozen);
        if (boundary == frozen && IsWritten) Write(cached, batch, tried);
        return tried;
    }

    private void Verify(CachedModel cached, Batch batch, Tensor tried, int frozen)
    {
        if (cached.Verify(batch, tried, frozen) is { } refusal)
        {
            (Refusal, boundary) = (refusal, 0);
            entries.DropBehind(0);
            say?.Invoke($"cache: refused: {refusal}");
        }
        else if (cached.TryHalf(batch, tried, frozen) is { } line)
        {
            // Nothing is read in another form than it was written.
            if (!cached.Bytes.IsHalf) entries.DropBehind(0);
            say?.Invoke(line);
        }
    }

    private void Decide(CachedModel cached, int frozen)
    {
        string? line = cached.Choice.Choose(frozen, cached.Watch.NameOf);
        if (cached.Choice.Boundary < cached.Highest)
        {
            entries.DropBehind(cached.Choice.Boundary);
            cached.Highest = cached.Choice.Boundary;
        }
        boundary = cached.Choice.Boundary;
        reviewed = 0;
        if (line is null) return;
        say?.Invoke(IsWritten || boundary == 0 ? line : $"cache: what '{cached.Watch.NameOf(boundary)}' gives would be kept, but samples come for the last time: nothing new is");
    }

    /// <summary>The prefix's output for a batch: read, or computed from the last boundary that is kept of each sample.</summary>
    private Tensor Prefix(CachedModel cached, Batch batch)
    {
        int[] from = new int[batch.Count];
        for (int i = 0; i < from.Length; i++) from[i] = Found(batch, i);
        int[] distinct = [.. from.Distinct().Order()];
        if (distinct is [int all]) return Part(cached, batch, all);
        Tensor? whole = null;
        foreach (int start in distinct)
        {
            // Freezing in the middle of an epoch leaves batches of which some samples are kept, and some were last kept at an earlier boundary.
            int[] rows = [.. Enumerable.Range(0, from.Length).Where(i => from[i] == start)];
            Batch part = BatchRows.Of(batch, rows, hasInputs: start == 0);
            using Tensor output = Part(cached, part, start, batch.Tokens?.Shape[1]);
            whole ??= Tensor.Empty(output.Device, output.Shape.With(0, batch.Count)).Of(output.Unit);
            BatchRows.Put(output, whole, rows);
            foreach (TensorBase tensor in part.Tensors) tensor.Dispose();
        }
        return whole!;
    }

    /// <summary>How far a sample is kept; what a file has of it is checked first.</summary>
    private int Found(Batch batch, int sample)
    {
        int id = batch.SampleIds.Span[sample];
        CacheEntry entry = entries.Find(batch.AugmentationKey, id);
        if (entry.Boundary > boundary) return 0;
        if (entry.Boundary == 0 || entry.IsChecked) return entry.Boundary;
        if (CacheFile.CheckOf(storage[entry.Place]) != entry.Check)
        {
            entries.Drop(batch.AugmentationKey, id);
            return 0;
        }
        entries.Close(batch.AugmentationKey, id, entry with { IsChecked = true });
        return entry.Boundary;
    }

    /// <summary>The same of samples that are all kept equally far.</summary>
    private Tensor Part(CachedModel cached, Batch batch, int start, int? length = null)
    {
        Tensor? input = start == 0 ? null : Read(cached, batch, start, length ?? batch.Tokens?.Shape[1] ?? 1);
        (read, computed) = start == 0 ? (read, computed + batch.Count) : (read + batch.Count, computed);
        if (start == boundary) return input!;
        Tensor output = cached.Timed(batch, input, start, boundary);
        input?.Dispose();
        if (IsWritten) Write(cached, batch, output);
        return output;
    }

    private Tensor Read(CachedModel cached, Batch batch, int start, int length)
    {
        long began = Stopwatch.GetTimestamp();
        using CostScope booking = cached.Booking(start);
        SampleForm form = cached.Forms[start]!.Value;
        Tensor output = Tensor.Empty(cached.Device, form.Batch(batch.Count, length)).Of(cached.Watch.UnitAt(start));
        long bytes = 0;
        cached.Bytes.Read(Sample, batch.Count, output.Range);
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        readSeconds += seconds;
        if (cached.Device.IsSynchronous) cached.Choice.Read(bytes, seconds);
        // An evaluation's passes are no part of training's books.
        long saved = cached.Costs.Flops(start, form.IsSequence ? length : batch.Tokens?.Shape[1] ?? 1) * batch.Count;
        skipped += saved;
        if (!cached.IsEvaluation) cached.Device.Counters.Skip(saved);
        if (++reviewed % ReviewEvery == 0 && cached.Choice.IsWrong(cached.Watch.Frozen)) cached.Choice.Reconsider();
        return output;

        ReadOnlySpan<byte> Sample(int i)
        {
            CachePlace place = entries.Find(batch.AugmentationKey, batch.SampleIds.Span[i]).Place;
            bytes += place.Bytes;
            return storage[place];
        }
    }

    private void Write(CachedModel cached, Batch batch, Tensor output)
    {
        long began = Stopwatch.GetTimestamp();
        using CostScope booking = cached.Booking(boundary);
        SampleForm form = cached.Form(boundary, batch, output);
        int stride = output.Range.Length / batch.Count, inner = form.IsSequence ? form.Inner.Count : stride;
        // Lengths come back from the device once a sample, when it is kept.
        int[]? lengths = form.IsSequence ? batch.Lengths!.ToArray() : null;
        for (int i = 0; i < batch.Count; i++)
        {
            int id = batch.SampleIds.Span[i], count = lengths is null ? stride : lengths[i] * inner;
            if (entries.Open(batch.AugmentationKey, id, count * cached.Bytes.ValueBytes) is not { } place) continue;
            bool fits = cached.Bytes.Write(output.Range.Slice(i * stride, count), storage[place]);
            entries.Close(batch.AugmentationKey, id, new CacheEntry(place, boundary, options.Folder is null ? 0 : CacheFile.CheckOf(storage[place]), true));
            if (!fits)
            {
                entries.Drop(batch.AugmentationKey, id);
                continue;
            }
            cached.Highest = Math.Max(cached.Highest, boundary);
        }
        writeSeconds += Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
