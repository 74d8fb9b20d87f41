using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>A model from a run's folder, for other data: with the normalisation and the class names that it was trained with.</summary>
public sealed class TrainedModel : IDisposable
{
    private const int BatchSize = 256;
    private readonly Device device;

    private TrainedModel(Device device, RunSettings settings, RunData data, Sequential model) => (this.device, Settings, Data, Model) = (device, settings, data, model);

    /// <summary>How it was trained.</summary>
    public RunSettings Settings { get; }

    /// <summary>What it takes and gives.</summary>
    public RunData Data { get; }

    /// <summary>The model.</summary>
    public Sequential Model { get; }

    /// <summary>Opens a run's folder. Nothing else is read, the data of the run least of all.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="device">Where the model goes.</param>
    /// <param name="weights">Which weights.</param>
    /// <param name="catalogues">What the model's name means; null: the built-in ones.</param>
    /// <exception cref="FormatException">A file is damaged, or weights and model do not fit.</exception>
    /// <exception cref="IOException">A file is missing: the run is not finished, or was made before <c>data.json</c> was.</exception>
    public static TrainedModel Open(string folder, Device device, RunWeights weights = RunWeights.Last, RunCatalogues? catalogues = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(device);
        RunSettings settings = RunFolder.ReadConfig(folder);
        RunData data = RunFolder.ReadData(folder);
        string path = RunFolder.WeightsOf(folder, weights);
        ModelSpec spec = (catalogues ?? new RunCatalogues()).Models.Create(settings.Model);
        Sequential model = spec.On(device, new Shape(InputShape(data)), data.Classes, settings.Seed);
        try
        {
            StateDict.Load(model, path);
            model.Eval();
            return new TrainedModel(device, settings, data, model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Predicts, in the set's order. The set is normalised as the training data were, whatever it is normalised with.</summary>
    /// <exception cref="DataFormatException">Its samples have another shape, or are bytes where the training data were none.</exception>
    public IEnumerable<Prediction> Predict(HostDataSet samples)
    {
        // Checked here, not at the first prediction.
        DataSet data = Prepared(samples);
        return Predicted();

        IEnumerable<Prediction> Predicted()
        {
            int first = 0;
            foreach (Batch batch in data.Plain(BatchSize))
            {
                foreach (Prediction prediction in Predictions(batch, first)) yield return prediction;
                first += batch.Count;
            }
        }
    }

    /// <summary>Measures the model on labelled data, as a run does on its test data.</summary>
    /// <exception cref="DataFormatException">Samples or classes are others than the model was trained on.</exception>
    public MetricValue[] Evaluate(HostDataSet samples, params IReadOnlyList<IMetric> metrics)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.ClassCount > Data.Classes) throw new DataFormatException(samples.Name, $"{Data.Classes} classes, as the run had", $"{samples.ClassCount}");
        if (Data.ClassNames is { } ours && samples.ClassNames is { } theirs)
        {
            for (int label = 0; label < theirs.Count; label++)
            {
                if (ours[label] != theirs[label]) throw new DataFormatException(samples.Name, $"class {label} to be '{ours[label]}', as in the run", $"'{theirs[label]}'");
            }
        }
        return Metrics.Evaluate(Model, Prepared(samples), metrics);
    }

    /// <summary>Releases the model.</summary>
    public void Dispose() => Model.Dispose();

    // Images are NHWC: grey ones have one channel.
    private static int[] InputShape(RunData data) => data.SampleShape.Count == 2 ? [.. data.SampleShape, 1] : [.. data.SampleShape];

    private DataSet Prepared(HostDataSet samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (!samples.SampleShape.SequenceEqual(Data.SampleShape)) throw new DataFormatException(samples.Name, $"samples of {string.Join(" × ", Data.SampleShape)}, as the run had", $"{string.Join(" × ", samples.SampleShape)}");
        if (samples.IsBytes != Data.Bytes) throw new DataFormatException(samples.Name, Data.Bytes ? "bytes from 0 to 255, as the run had" : "real values, as the run had", samples.IsBytes ? "bytes" : "real values");
        return new DataSet(samples.NormalisedWith(Data.Normalisation), device, 0, shuffle: false);
    }

    private Prediction[] Predictions(Batch batch, int first)
    {
        using CostScope booking = device.Counters.For(CostKind.Evaluation);
        using GradMode.Restore mode = GradMode.Disable();
        using var scope = new Scope();
        Tensor probabilities = Model.Forward(batch.Inputs).Softmax();
        int columns = probabilities.Shape[1];
        var values = new double[probabilities.Shape.Count];
        probabilities.CopyTo(values);
        return [.. Enumerable.Range(0, batch.Count).Select(row =>
        {
            double[] own = values[(row * columns)..((row + 1) * columns)];
            int best = 0;
            for (int label = 1; label < columns; label++)
            {
                if (own[label] > own[best]) best = label;
            }
            return new Prediction(first + row, best, own);
        })];
    }
}
