using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>What a run will need beside its weights, which are there: found before it trains, and not when the machine ends it.</summary>
/// <param name="Weights">The weights and buffers.</param>
/// <param name="Gradients">Of the parameters that train.</param>
/// <param name="Optimizer">Its state, once every parameter has some.</param>
/// <param name="Best">The copy of the weights that were best on validation data.</param>
/// <param name="Fixed">Activations and work space whatever the batch.</param>
/// <param name="ASample">Activations and work space of a sample in a batch.</param>
internal sealed record MemoryNeed(long Weights, long Gradients, long Optimizer, long Best, long Fixed, double ASample)
{
    private const long Gross = 4000, GrossOfTokens = 1_000_000;      // an id is one of the values that a transformer's layers keep hundreds of thousands of
    private const int Few = 2, More = 4;      // samples of the trials: one is too few for a batch norm

    /// <summary>Finds out whether a run fits into this machine's memory, or that of its control group. On a card its own driver says so.</summary>
    /// <param name="parts">The run.</param>
    /// <param name="trial">Tries a batch and leaves no trace.</param>
    /// <param name="cut">Into how many parts a batch is cut, of which one at a time is there.</param>
    /// <param name="sums">How many gradients of each parameter there are at a time.</param>
    /// <exception cref="ArgumentException">It does not; the message has the numbers, and a batch size that would.</exception>
    public static void Check(RunParts parts, Action<Batch> trial, int cut = 1, int sums = 1)
    {
        if (parts.Device is GpuDevice) return;
        long free = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet;
        MemoryNeed one = OfWeights(parts), need = one with { Gradients = one.Gradients * sums };
        // The trials need gradients themselves.
        Require(need, 0);
        DataSet train = parts.Data.Train;
        int batch = (Math.Min(parts.Settings.BatchSize, train.Count) + cut - 1) / cut;
        // A network with so many values for each of its inputs is not known; what would fit even then needs no trials.
        bool isSmall = ((train.Host.IsTokens ? GrossOfTokens : Gross) * batch * train.SampleShape.Count * parts.Device.RealSize) + need.Gradients + need.Optimizer + need.Best < free;
        if (isSmall || train.Count < More) return;
        long few, more;
        try
        {
            (few, more) = (Activations(parts, Few, trial), Activations(parts, More, trial));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // A model may take no batch as small as that: what is wrong with it is said of a batch of the run's own size, which is tried next.
            return;
        }
        double sample = Math.Max(0, (more - few) / (double)(More - Few));
        Require(need with { ASample = sample, Fixed = need.Fixed + Math.Max(0, few - (long)(Few * sample)) }, batch);

        void Require(MemoryNeed all, int samples)
        {
            if (all.Problem(free, samples) is { } problem) throw new ArgumentException($"Model '{parts.Settings.Model}' {problem}");
        }
    }

    /// <summary>Why a run with batches of so many samples does not fit; null: it does.</summary>
    /// <param name="free">Bytes beside those that are in use.</param>
    /// <param name="batch">Samples a batch; 0: activations are not known yet.</param>
    public string? Problem(long free, int batch)
    {
        long rest = Gradients + Optimizer + Best, activations = Fixed + (long)(ASample * batch);
        if (rest + activations <= free) return null;
        string parts = $"gradients {Giga(Gradients)}, optimizer {Giga(Optimizer)}, copies of the weights {Giga(Best)}{(batch == 0 ? "" : $", activations {Giga(activations)} for a batch of {batch}")}";
        int fits = ASample == 0 ? 0 : (int)Math.Clamp((free - rest - Fixed) / ASample, 0, batch);
        string advice = fits >= Few ? $"; a batch of {fits} would fit" : "";
        return $"needs {Giga(rest + activations)} of memory beside its weights of {Giga(Weights)} ({parts}), and {Giga(Math.Max(0, free))} are free{advice}.";
    }

    private static MemoryNeed OfWeights(RunParts parts)
    {
        long size = parts.Device.RealSize;
        Parameter[] parameters = [.. parts.Model.Parameters()], packed = [.. parameters.Where(parameter => parts.Optimizer.IsPacked(parameter))];
        long copy = size * (parameters.Sum(parameter => (long)parameter.Shape.Count) + parts.Model.Buffers().Sum(buffer => (long)buffer.Shape.Count));
        // A rounded weight is widened for the operation that reads it, one at a time.
        long weights = copy - ((size - sizeof(ushort)) * packed.Sum(parameter => (long)parameter.Shape.Count)), widened = size * packed.Select(parameter => (long)parameter.Shape.Count).DefaultIfEmpty().Max();
        long trained = size * parts.Model.Parameters().Where(parameter => !parameter.IsFrozen).Sum(parameter => (long)parameter.Shape.Count);
        // The average is another copy.
        return new MemoryNeed(weights, trained, parts.Optimizer.FullStateBytes, parts.Settings.WeightAverage is null ? copy : 2 * copy, widened, 0);
    }

    private static long Activations(RunParts parts, int samples, Action<Batch> trial)
    {
        // Of token ids the longest samples: a batch of them is the one that must fit.
        Batch batch = parts.Data.Train.ByLength().First(samples);
        try
        {
            DeviceCounters counters = parts.Device.Counters;
            counters.ResetPeaks();
            long before = counters.Live(MemoryKind.Activation);
            trial(batch);
            return counters.Peak(MemoryKind.Activation) - before;
        }
        finally
        {
            foreach (TensorBase tensor in batch.Tensors) tensor.Dispose();
        }
    }

    private static string Giga(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.##} GB");
}
