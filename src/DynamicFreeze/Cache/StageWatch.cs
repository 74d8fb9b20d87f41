using System.Security.Cryptography;
using System.Runtime.InteropServices;
using System.Text;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Finds how far a model is frozen from its input, and whether what a stage gave is what it would give now: by the SHA-256 of its weights, buffers and modes. They are read again only where a write has moved a version,
/// so that asking in every step costs a comparison a tensor; weights that were changed and put back, as by a trial step, are known again.
/// </summary>
internal sealed class StageWatch
{
    private const int Block = 1 << 20;

    private readonly Stage[] stages;

    public StageWatch(IStaged model) => stages = [.. model.Stages.Select(stage => new Stage(stage))];

    /// <summary>Stages from the input that are frozen and give the same sample the same output; at least the last is none of them.</summary>
    public int Frozen
    {
        get
        {
            int count = 0;
            while (count < stages.Length - 1 && stages[count].IsFrozen) count++;
            return count;
        }
    }

    /// <summary>Whose output is at the boundary.</summary>
    public string NameOf(int boundary) => stages[boundary - 1].Module.Path;

    /// <summary>The unit that books the work of a boundary's last parameters.</summary>
    public int UnitAt(int boundary)
    {
        for (int i = boundary - 1; i >= 0; i--)
        {
            if (stages[i].Parameters.Length > 0) return stages[i].Parameters[^1].Unit;
        }
        return 0;
    }

    /// <summary>The stages from the input, up to so many, that are as they were when this was last asked of them.</summary>
    public int Unchanged(int boundary)
    {
        int first = boundary;
        for (int i = boundary - 1; i >= 0; i--)
        {
            if (!stages[i].IsUnchanged()) first = i;
        }
        return first;
    }

    /// <summary>Hexadecimal SHA-256 of all stages before a boundary, as they were when <see cref="Unchanged"/> was last asked.</summary>
    public string ContentOf(int boundary)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < boundary; i++) hash.AppendData(stages[i].Content);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The random streams of all stages before a boundary, as they are.</summary>
    public void Passes(int boundary, List<long> passes)
    {
        passes.Clear();
        for (int i = 0; i < boundary; i++)
        {
            foreach (Dropout dropout in stages[i].Dropouts) passes.Add(dropout.Passes);
        }
    }

    /// <summary>Puts the random streams back.</summary>
    public void SetPasses(int boundary, List<long> passes)
    {
        int at = 0;
        for (int i = 0; i < boundary; i++)
        {
            foreach (Dropout dropout in stages[i].Dropouts) dropout.Passes = passes[at++];
        }
    }

    /// <summary>Counts one pass since then, however many parts of a batch were run, or none.</summary>
    public void OnePass(int boundary, List<long> passes)
    {
        SetPasses(boundary, passes);
        for (int i = 0; i < boundary; i++)
        {
            for (int j = 0; j < stages[i].Dropouts.Length; j++) stages[i].Dropouts[j].Skip(stages[i].Counts[j]);
        }
    }

    /// <summary>A stage is about to be run.</summary>
    public void Begins(int stage) => stages[stage].Begins();

    /// <summary>It was: how often each dropout in it was called is taken down.</summary>
    public void Ran(int stage) => stages[stage].Ran();

    /// <summary>Whether it is known how often the dropouts before a boundary are called in a pass.</summary>
    public bool IsCounted(int boundary)
    {
        for (int i = 0; i < boundary; i++)
        {
            if (!stages[i].IsCounted) return false;
        }
        return true;
    }

    /// <summary>Why a cache cannot be used for this model however much of it is frozen; null: it can.</summary>
    public static string? Refusal(ModuleBase model)
    {
        foreach (ModuleBase module in model.Modules())
        {
            if (module.WhyNotRepeatable is { } reason) return $"'{module.Path}' ({module}) {reason}";
        }
        return null;
    }

    private sealed class Stage
    {
        private readonly ModuleBase[] modules;
        private readonly ModuleBase[] borrowed;
        private readonly ModuleBuffer[] buffers;
        private readonly (Storage? Storage, int Version)[] seen;
        private readonly bool[] modes;
        private readonly long[] before;
        private readonly bool[] isCounted;

        public Stage(ModuleBase module)
        {
            Module = module;
            // What is registered elsewhere and run here too is a part of it.
            var used = new List<ModuleBase>(module.Modules());
            var others = new List<ModuleBase>();
            for (int i = 0; i < used.Count; i++)
            {
                if (used[i].Borrowed is not { } other) continue;
                others.Add(other);
                used.AddRange(other.Modules().Except(used));
            }
            (modules, borrowed) = ([.. used], [.. others]);
            Parameters = [.. modules.SelectMany(each => each.OwnParameters).Distinct()];
            buffers = [.. module.Buffers().Concat(others.SelectMany(other => other.Buffers())).Distinct()];
            Dropouts = [.. modules.OfType<Dropout>()];
            Counts = [.. Dropouts.Select(_ => 1L)];
            before = new long[Dropouts.Length];
            isCounted = new bool[Dropouts.Length];
            seen = new (Storage?, int)[Parameters.Length + buffers.Length];
            modes = new bool[modules.Length];
        }

        public ModuleBase Module { get; }

        public Parameter[] Parameters { get; }

        public Dropout[] Dropouts { get; }

        /// <summary>How often each of them is called in a pass: a module may call one twice, or not at all.</summary>
        public long[] Counts { get; }

        public bool IsCounted
        {
            get
            {
                for (int i = 0; i < Dropouts.Length; i++)
                {
                    if (Dropouts[i].IsCounting && !isCounted[i]) return false;
                }
                return true;
            }
        }

        /// <summary>SHA-256 of what the stage computes with.</summary>
        public byte[] Content { get; private set; } = [];

        public bool IsFrozen
        {
            get
            {
                // Asked in every step: nothing is allocated.
                foreach (Parameter parameter in Parameters)
                {
                    if (!parameter.IsFrozen) return false;
                }
                if (Parameters.Length == 0 && !Module.IsFrozen) return false;
                // A dropout is on where the place at which it is registered trains.
                foreach (ModuleBase module in borrowed)
                {
                    if (!module.IsFrozen) return false;
                }
                foreach (ModuleBase module in modules)
                {
                    if (module.WhyNotRepeatable is not null) return false;
                }
                return true;
            }
        }

        public void Begins()
        {
            for (int i = 0; i < before.Length; i++) before[i] = Dropouts[i].Passes;
        }

        public void Ran()
        {
            for (int i = 0; i < before.Length; i++)
            {
                if (Dropouts[i].IsCounting) (Counts[i], isCounted[i]) = (Dropouts[i].Passes - before[i], true);
            }
        }

        /// <summary>Whether nothing has changed since the content was taken last; it is taken anew where something may have.</summary>
        public bool IsUnchanged()
        {
            bool isSame = Content.Length > 0;
            for (int i = 0; i < seen.Length && isSame; i++) isSame = ValueOf(i).Range.Storage is { } storage && ReferenceEquals(storage, seen[i].Storage) && storage.Version == seen[i].Version;
            for (int i = 0; i < modes.Length && isSame; i++) isSame = modules[i].IsTraining == modes[i];
            if (isSame) return true;
            byte[] before = Content;
            Content = Take();
            return before.AsSpan().SequenceEqual(Content);
        }

        private Tensor ValueOf(int index) => index < Parameters.Length ? Parameters[index].Value : buffers[index - Parameters.Length].Value;

        private byte[] Take()
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (int i = 0; i < modules.Length; i++)
            {
                modes[i] = modules[i].IsTraining;
                hash.AppendData(Encoding.UTF8.GetBytes($"{modules[i].Path} {modules[i]} {modes[i]}\n"));
            }
            var singles = new float[Block];
            double[] doubles = seen.Length > 0 && ValueOf(0).Device.RealSize > sizeof(float) ? new double[Block] : [];
            for (int i = 0; i < seen.Length; i++)
            {
                // A wait, on devices that work behind the host's back: once when a stage is frozen, and when somebody has written to it.
                TensorRange range = ValueOf(i).Range;
                seen[i] = (range.Storage, range.Storage.Version);
                Device device = range.Storage.Device;
                for (int at = 0; at < range.Length; at += Block)
                {
                    TensorRange part = range.Slice(at, Math.Min(Block, range.Length - at));
                    if (device.RealSize == sizeof(float)) device.Download(part, singles.AsSpan(0, part.Length));
                    else device.Download(part, doubles.AsSpan(0, part.Length));
                    hash.AppendData(device.RealSize == sizeof(float) ? MemoryMarshal.AsBytes(singles.AsSpan(0, part.Length)) : MemoryMarshal.AsBytes(doubles.AsSpan(0, part.Length)));
                }
            }
            return hash.GetHashAndReset();
        }
    }
}
