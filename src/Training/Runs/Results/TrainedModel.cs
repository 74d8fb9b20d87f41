using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>A model from a run's folder, for other data: with the normalisation and the class names that it was trained with.</summary>
public sealed class TrainedModel : IDisposable
{
    private const int BatchSize = 256;
    private readonly Device device;

    private readonly ModelSpec spec;

    private TrainedModel(Device device, RunSettings settings, RunData data, ModelSpec spec, ITask task, ModuleBase model, ITokenizer? tokenizer)
    {
        Tokenizer = tokenizer;
        (this.device, Settings, Data, this.spec, Model) = (device, settings, data, spec, model);
        Task = task;
    }

    /// <summary>How it was trained.</summary>
    public RunSettings Settings { get; }

    /// <summary>What it takes and gives.</summary>
    public RunData Data { get; }

    /// <summary>What made the tokens of its data; null: these were values, or it is not known.</summary>
    public ITokenizer? Tokenizer { get; }

    /// <summary>What it has learned.</summary>
    public ITask Task { get; }

    /// <summary>The model.</summary>
    public ModuleBase Model { get; }

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
        RunCatalogues known = catalogues ?? new RunCatalogues();
        ModelSpec spec = known.Models.Create(settings.Model, data.ModelConfig);
        ITask task = settings.Task is { } named ? known.Tasks.Create(named) : Tasks.Of(data.Targets, data.TokenClasses, data.Vocabulary);
        ITokenizer? tokenizer = data.OpenTokenizer(folder);
        ModuleBase model = spec.On(device, new Shape(InputShape(data)), data.Outputs, settings.Seed, tokens: data.Vocabulary == 0 ? null : new TokenFormat(data.Vocabulary, data.SampleShape[0], data.TokenClasses));
        try
        {
            StateDict.Load(model, path);
            model.Eval();
            return new TrainedModel(device, settings, data, spec, task, model, tokenizer);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Predicts, in the set's order. The set is normalised as the training data were, whatever it is normalised with.</summary>
    /// <exception cref="DataFormatException">Its samples have another shape, or are bytes where the training data were none.</exception>
    /// <exception cref="ArgumentException">The model's outputs are of tokens.</exception>
    public IEnumerable<Prediction> Predict(HostDataSet samples)
    {
        // Checked here, not at the first prediction.
        if (Data.TokenClasses > 0) throw new ArgumentException($"Prediction: the run is of task {Task.Name}, whose outputs are of tokens and not of samples; evaluate it on labelled data instead{(Task is NextToken ? ", or give a FILE of texts to go on with" : "")}.");
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

    /// <summary>Goes on with texts, where the run learnt the next token: it sees as many tokens as the run's samples had.</summary>
    /// <exception cref="ArgumentException">The run learnt something else, or its tokenizer is not known.</exception>
    public TextGenerator Generator()
    {
        if (Task is not NextToken) throw new ArgumentException($"Text: expected a run of task next-token to go on with texts, found {Task.Name}.");
        return new TextGenerator(Model, batch => spec.Forward(Model, batch), Tokenizer ?? throw new ArgumentException("Text: expected a run that keeps its tokenizer to go on with texts, found none in data.json."), Data.SampleShape[0]);
    }

    /// <summary>Measures the model on labelled data, as a run does on its test data.</summary>
    /// <exception cref="DataFormatException">Samples or classes are others than the model was trained on.</exception>
    public MetricValue[] Evaluate(HostDataSet samples, params IReadOnlyList<IMetric> metrics)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.TokenClassCount != Data.TokenClasses) throw new DataFormatException(samples.Name, Data.TokenClasses == 0 ? "a class for each sample, as the run had" : $"a label in {Data.TokenClasses} classes for each token, as the run had", samples.TokenClassCount == 0 ? "one for each sample" : $"{samples.TokenClassCount} classes");
        if (samples.TargetCount != Data.Targets) throw new DataFormatException(samples.Name, $"{(Data.Targets == 0 ? "classes" : $"{Data.Targets} numbers to predict")}, as the run had", $"{(samples.TargetCount == 0 ? "classes" : $"{samples.TargetCount} numbers to predict")}");
        if (samples.ClassCount > Data.Classes) throw new DataFormatException(samples.Name, $"{Data.Classes} classes, as the run had", $"{samples.ClassCount}");
        if (Data.ClassNames is { } ours && samples.ClassNames is { } theirs)
        {
            for (int label = 0; label < theirs.Count; label++)
            {
                if (ours[label] != theirs[label]) throw new DataFormatException(samples.Name, $"class {label} to be '{ours[label]}', as in the run", $"'{theirs[label]}'");
            }
        }
        return Metrics.Evaluate(Model, batch => spec.Forward(Model, batch), Prepared(samples), metrics);
    }

    /// <summary>Releases the model.</summary>
    public void Dispose() => Model.Dispose();

    // Images are NHWC: grey ones have one channel.
    private static int[] InputShape(RunData data) => data.SampleShape.Count == 2 ? [.. data.SampleShape, 1] : [.. data.SampleShape];

    private DataSet Prepared(HostDataSet samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.VocabularySize != Data.Vocabulary)
            throw new DataFormatException(samples.Name, Data.Vocabulary == 0 ? "samples of values, as the run had" : $"token ids of a vocabulary of {Data.Vocabulary}, as the run had", samples.IsTokens ? $"ids of one of {samples.VocabularySize}" : "values");
        if (samples.IsTokens && samples.SampleSize > Data.SampleShape[0]) throw new DataFormatException(samples.Name, $"samples of at most {Data.SampleShape[0]} tokens, as the run had", $"at most {samples.SampleSize}");
        if (samples.IsTokens && Data.Texts > 0 && samples.HasTwoTexts != (Data.Texts == 2)) throw new DataFormatException(samples.Name, $"{(Data.Texts == 2 ? "two texts" : "one text")} a sample, as the run had", samples.HasTwoTexts ? "two" : "one");
        if (!samples.IsTokens && !samples.SampleShape.SequenceEqual(Data.SampleShape)) throw new DataFormatException(samples.Name, $"samples of {string.Join(" × ", Data.SampleShape)}, as the run had", $"{string.Join(" × ", samples.SampleShape)}");
        if (samples.IsBytes != Data.Bytes) throw new DataFormatException(samples.Name, Data.Bytes ? "bytes from 0 to 255, as the run had" : "real values, as the run had", samples.IsBytes ? "bytes" : "real values");
        if (Data.InputNames is { } inputs && samples.InputNames is { } found && inputs.Zip(found).Index().FirstOrDefault(pair => pair.Item.First != pair.Item.Second) is { Item.First: not null } other)
            throw new DataFormatException(samples.Name, $"column '{other.Item.First}' as input {other.Index}, as the run had (features=… takes columns in another order)", $"'{other.Item.Second}'");
        HostDataSet normalised = samples.NormalisedWith(Data.Normalisation);
        if (Data.TargetNormalisation is { } constants && samples.TargetCount > 0) normalised = normalised.WithTargetNormalisation(constants);
        return new DataSet(normalised, device, 0, shuffle: false);
    }

    private Prediction[] Predictions(Batch batch, int first)
    {
        using CostScope booking = device.Counters.For(CostKind.Evaluation);
        using GradMode.Restore mode = GradMode.Disable();
        using var scope = new Scope();
        Tensor outputs = spec.Forward(Model, batch);
        if (Data.Targets > 0) return Values(Task is MultiLabel ? outputs.Sigmoid() : outputs, first);
        Tensor probabilities = outputs.Softmax();
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

    /// <summary>Numbers in the data's own unit.</summary>
    private Prediction[] Values(Tensor outputs, int first)
    {
        int columns = outputs.Shape[1];
        var values = new double[outputs.Shape.Count];
        outputs.CopyTo(values);
        if (Data.TargetNormalisation is { } constants)
        {
            for (int i = 0; i < values.Length; i++) values[i] = (values[i] * constants.Deviations[i % columns]) + constants.Means[i % columns];
        }
        return [.. Enumerable.Range(0, outputs.Shape[0]).Select(row => new Prediction(first + row, -1, []) { Values = values[(row * columns)..((row + 1) * columns)] })];
    }
}
