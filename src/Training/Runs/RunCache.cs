using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>A run's forward caches: one of the training samples, one of the validation samples, in one memory. Neither changes what is trained: on the CPU the weights are the same bits with and without.</summary>
internal sealed class RunCache : IDisposable
{
    private readonly RunParts parts;
    private readonly bool isKept;       // in files, for the next run
    private readonly ForwardCache train;
    private readonly ForwardCache validation;

    private RunCache(RunParts parts, CacheOptions options, Action<string> say)
    {
        this.parts = parts;
        DataSet data = parts.Data.Train;
        int variants = Math.Max(1, data.Augmentation?.Variants ?? 1);
        isKept = options.Folder is not null;
        long samples = (long)data.Count * variants, others = parts.Data.Validation.Count, limit = isKept ? FileLimit(options) : options.Limit;
        // Two files within one limit: each gets as much of it as it has samples.
        long own = isKept ? (long)(limit * (samples / (double)(samples + others))) : limit;
        train = new ForwardCache(Of(options, data, "training") with { Variants = variants, Samples = samples, Limit = own }, say);
        // What is said of the training samples holds here too.
        CacheOptions second = Of(options, parts.Data.Validation, "validation") with { Samples = others, Limit = isKept ? Math.Max(1, limit - own) : limit };
        validation = isKept ? new ForwardCache(second) : new ForwardCache(second, null, train);
    }

    /// <summary>What both have done.</summary>
    public CacheReport Report => train.Report + validation.Report;

    /// <summary>The path of the stage whose output is kept; null: nothing is.</summary>
    public string? Boundary => train.Boundary;

    /// <summary>The settings' cache; null: they have none.</summary>
    public static RunCache? Of(RunParts parts, Action<string> say) => CacheSpec.Parse(parts.Settings.Cache) is { } options ? new RunCache(parts, options, say) : null;

    /// <summary>Finds what is wrong with the settings' cache before anything is written.</summary>
    /// <exception cref="ArgumentException">The model cannot be cached, or its samples never come again.</exception>
    public static void Check(RunParts parts)
    {
        if (CacheSpec.Parse(parts.Settings.Cache) is null) return;
        if (parts.Settings.WeightAverage is not null) throw new ArgumentException("Cache: validation is of the weights' moving average (--ema), which goes on moving where the weights are frozen: leave one of them out.");
        if (!parts.IsStaged) throw new ArgumentException($"Cache: model '{parts.Settings.Model}' has a forward pass of its own, and the cache needs its stages.");
        ForwardCache.Check(parts.Model);
        if (parts.Data.Train.Augmentation is { Variants: 0 })
            throw new ArgumentException($"Cache: '{parts.Settings.Augment}' changes a sample anew in each epoch, so that nothing kept would be read again; say how many versions there are, as in --augment {parts.Settings.Augment}+variants:4.");
    }

    /// <summary>The model's outputs for a training batch.</summary>
    public Tensor Train(Batch batch) => train.Forward(parts.Model, batch);

    /// <summary>The model's outputs for a validation batch.</summary>
    public Tensor Validate(Batch batch) => validation.Forward(parts.Model, batch);

    /// <summary>Whether a training batch's values need not be read.</summary>
    public bool HasTrain(ulong augmentationKey, ReadOnlySpan<int> sampleIds) => train.Has(augmentationKey, sampleIds);

    /// <summary>Whether a validation batch's values need not be read.</summary>
    public bool HasValidation(ulong augmentationKey, ReadOnlySpan<int> sampleIds) => validation.Has(augmentationKey, sampleIds);

    /// <summary>An epoch begins: what comes for the last time is not written, unless a file keeps it for the next run.</summary>
    public void Begin(int epoch)
    {
        int again = Math.Max(1, parts.Data.Train.Augmentation?.Variants ?? 1);
        train.IsWritten = epoch + again <= parts.Epochs || isKept;
        validation.IsWritten = epoch < parts.Epochs || isKept;
    }

    /// <summary>Writes down what the files have, for a run that goes on.</summary>
    public void Save()
    {
        train.Save();
        validation.Save();
    }

    public void Dispose()
    {
        validation.Dispose();
        train.Dispose();
    }

    /// <summary>The most bytes of both files: half of what is free where the folder is, or will be.</summary>
    private static long FileLimit(CacheOptions options)
    {
        if (options.Limit > 0) return options.Limit;
        string place = Path.GetFullPath(options.Folder!);
        while (!Directory.Exists(place) && Path.GetDirectoryName(place) is { } above) place = above;
        return Math.Max(2, new DriveInfo(place).AvailableFreeSpace / 2);
    }

    private CacheOptions Of(CacheOptions options, DataSet data, string part)
    {
        if (options.Folder is null) return options;
        // Values depend on the processor's vectors and on the kernels, in their last bits.
        RunEnvironment here = RunEnvironment.Of(parts.Device);
        string augmented = data.Augmentation is null ? "" : $"{parts.Settings.Augment} {parts.Settings.Seed}";
        return options with { Identity = $"{part} {Content(data.Host)} {augmented} {parts.Settings.Model} {here.Version} {here.Commit} {here.Device} {here.Simd}" };
    }

    /// <summary>SHA-256 of all samples: a file that is found again must be of these.</summary>
    private static string Content(HostDataSet data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var values = new float[data.IsTokens ? 0 : data.SampleSize];
        var id = new int[1];
        for (int i = 0; i < data.Count; i++)
        {
            id[0] = data.IdOf(i);
            if (!data.IsTokens) data.CopySample(i, values);
            hash.AppendData(MemoryMarshal.AsBytes<int>(id));
            hash.AppendData(MemoryMarshal.AsBytes<float>(values));
        }
        return $"{Convert.ToHexStringLower(hash.GetHashAndReset())} {data.TokenHash()}";
    }
}
