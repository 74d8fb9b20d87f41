using System.Text.Json.Nodes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

/// <summary>How one run of a network for images is set up; images are (height, width, channels).</summary>
internal sealed record ImageVariant(string Network, long[] Image, int Batch, TrainingVariant Training)
{
    public string[] Frozen { get; init; } = [];

    public string Name => Training.Name;
}

/// <summary>
/// Fifty steps of convolutional networks, in float32 with the recorded steps and in float64 for the distance between the two. The rates, the momentum and the decay are float32 numbers, which is what ResearchFreeze
/// makes of them. Images are not in the files: the seed in the manifest gives them again. Every update is checked against its formula, as <see cref="TrainingGolden"/> does.
/// </summary>
internal static class ImageGolden
{
    private const int Steps = 50, Classes = 10, BuffersAfter = 10;

    /// <summary>
    /// Runs in float32, each with the rows of every batch in another order: the same mathematics with other roundings. One run is a poor measure of how far rounding carries a network with batch norm, since a
    /// single ReLU that falls on its other side moves the loss a thousand times as far as the roundings before it.
    /// </summary>
    private const int Orders = 4;

    private const ulong DataSeed = 30, WeightSeed = 31;
    private const double Strength = 1;
    private static readonly int[] Recorded = [1, 10, 50];

    private static readonly ImageVariant[] Variants =
    [
        new("cnn:8,16,32", [28, 28, 1], 16, new("cnn", "sgd", 0.005f) { Momentum = 0.9f }),
        new("cnn:8,16,32", [28, 28, 1], 16, new("cnn-frozen-half", "sgd", 0.005f) { Momentum = 0.9f }) { Frozen = ["conv1", "conv2"] },
        new("resnet:20,4", [16, 16, 3], 8, new("resnet", "sgd", 0.01f) { Momentum = 0.9f, WeightDecay = 5e-4f }),
        new("resnet:20,4", [16, 16, 3], 8, new("resnet-frozen-half", "sgd", 0.01f) { Momentum = 0.9f, WeightDecay = 5e-4f }) { Frozen = ["stem", "block1", "block2", "block3", "block4"] },
    ];

    public static void Write(string folder)
    {
        set_num_threads(1);
        Directory.CreateDirectory(folder);
        foreach (ImageVariant variant in Variants)
        {
            var file = new TensorFile();
            TrainingRun single = Train(variant, ScalarType.Float32, file), twice = Train(variant, ScalarType.Float64, file);
            double[] distances = [.. Enumerable.Range(0, Orders).Select(order => Distance(order == 0 ? single : Train(variant, ScalarType.Float32, null, order), twice))];
            file.Write(Path.Combine(folder, variant.Name), Manifest(variant, single, twice, distances));
            Console.WriteLine($"{variant.Name}: loss {single.Losses[0]:F6} to {single.Losses[^1]:F6}, float32 to float64 {string.Join(", ", distances.Select(d => d.ToString("E1", System.Globalization.CultureInfo.InvariantCulture)))} apart");
        }
    }

    private static double Distance(TrainingRun a, TrainingRun b) => a.Losses.Zip(b.Losses, (x, y) => Math.Abs(x - y)).Max();

    private static TrainingRun Train(ImageVariant variant, ScalarType type, TensorFile? file, int order = 0)
    {
        bool isSingle = type == ScalarType.Float32;
        long[] image = variant.Image;
        int batch = variant.Batch, pixels = (int)(image[0] * image[1] * image[2]);
        (double[] inputs, int[] labels) = SeededData.Patterns(DataSeed, Steps * batch, pixels, Classes, Strength);
        if (isSingle && file is not null)
        {
            file.AddLabels("labels", labels, Steps, batch);
            file.AddDoubles("inputs-sum", [.. Enumerable.Range(0, Steps).Select(step => inputs.AsSpan(step * batch * pixels, batch * pixels).ToArray().Sum())], Steps);
        }
        using var network = ImageNetwork.Create(variant.Network, image, Classes, WeightSeed, type);
        foreach (string unit in variant.Frozen) network.Freeze(unit);
        (string Name, Parameter Value)[] trainable = [.. network.Trainable];
        using OptimizerHelper optimizer = variant.Training.Optimizer(trainable.Select(p => p.Value));
        var run = new TrainingRun();
        for (int step = 1; step <= Steps; step++)
        {
            using var scope = NewDisposeScope();
            bool isRecorded = isSingle && file is not null && Recorded.Contains(step);
            string at = $"step{step}/";
            int first = (step - 1) * batch;
            // A copy lies in libtorch's own, aligned memory: see TrainingGolden.
            Tensor x = tensor(inputs[(first * pixels)..((first + batch) * pixels)], [batch, .. image]).to_type(type).clone().permute(0, 3, 1, 2).contiguous();
            Tensor rows = arange(batch).roll(order);
            Tensor target = tensor(Array.ConvertAll(labels[first..(first + batch)], v => (long)v));
            double[][] buffers = [.. network.Buffers.Select(b => TrainingGolden.Values(b.Value))];
            if (isRecorded) AddBuffers(at + "buffer-before/");
            optimizer.zero_grad();
            Tensor loss = nn.functional.cross_entropy(network.Forward(x.index_select(0, rows)), target.index_select(0, rows));
            loss.backward();
            run.Losses.Add(TrainingGolden.Values(loss)[0]);
            run.Norms.Add(Math.Sqrt(trainable.Sum(p => TrainingGolden.Values(p.Value.grad!).Sum(g => g * g))));
            CheckFrozen(variant, network, buffers);
            if (isRecorded)
            {
                file!.Add(at + "loss", loss);
                foreach ((string name, Parameter value) in network.Parameters) file.Add($"{at}weight-before/{name}", ImageNetwork.Ours(value));
                foreach ((string name, Parameter value) in trainable) file.Add($"{at}gradient/{name}", ImageNetwork.Ours(value.grad!));
                AddBuffers(at + "buffer-after/");
            }
            if (!isSingle && step == BuffersAfter) AddBuffers($"float64/{at}buffer-after/");
            double[][] expected = TrainingGolden.Expected(variant.Training, optimizer, trainable, step, run.Norms[^1]);
            optimizer.step();
            TrainingGolden.Compare(variant.Training, step, trainable, expected, isSingle ? 1e-6 : 1e-14);
        }
        return run;

        void AddBuffers(string to)
        {
            foreach ((string name, Tensor value) in network.Buffers) file!.Add(to + name, value);
        }
    }

    /// <summary>What is frozen has no gradient and keeps its running moments; every other running moment has moved.</summary>
    private static void CheckFrozen(ImageVariant variant, ImageNetwork network, double[][] buffers)
    {
        foreach ((string name, Parameter value) in network.Parameters)
        {
            if (value.requires_grad == (value.grad is null)) throw new InvalidOperationException($"{variant.Name}: {name} is {(value.requires_grad ? "trainable without" : "frozen with")} a gradient.");
        }
        foreach (((string name, Tensor value), double[] before) in network.Buffers.Zip(buffers))
        {
            bool isFrozen = variant.Frozen.Contains(name.Split('.')[0]), rests = TrainingGolden.Values(value).AsSpan().SequenceEqual(before);
            if (rests != isFrozen) throw new InvalidOperationException($"{variant.Name}: {name} should {(isFrozen ? "rest" : "move")}.");
        }
    }

    private static JsonObject Manifest(ImageVariant v, TrainingRun single, TrainingRun twice, double[] distances)
    {
        using var network = ImageNetwork.Create(v.Network, v.Image, Classes, WeightSeed, ScalarType.Float32);
        string[] names = [.. network.Parameters.Select(p => p.Name)];
        string[] units = [.. network.Units];
        if (v.Frozen.Length > 0 && !v.Frozen.SequenceEqual(units.Take(units.Length / 2))) throw new InvalidOperationException($"{v.Name}: the first half of {string.Join(", ", units)} is not frozen.");
        return new JsonObject
        {
            ["name"] = v.Name,
            ["network"] = v.Network,
            ["activation"] = "relu",
            ["batch"] = v.Batch,
            ["steps"] = Steps,
            ["recordedSteps"] = TensorFile.ToJson(Recorded),
            ["optimizer"] = TrainingGolden.OptimizerManifest(v.Training),
            ["clipNorm"] = 0,
            ["frozen"] = TensorFile.ToJson(v.Frozen),
            ["parameters"] = TensorFile.ToJson(names),
            ["trainable"] = TensorFile.ToJson(names.Where(n => !v.Frozen.Contains(n.Split('.')[0]))),
            ["images"] = new JsonObject { ["shape"] = TensorFile.ToJson(v.Image), ["classes"] = Classes, ["seed"] = DataSeed, ["strength"] = Strength },
            ["buffers"] = TensorFile.ToJson(network.Buffers.Select(b => b.Name)),
            ["threads"] = 1,
            ["versions"] = Versions.Libraries(),
            ["lossesFloat32"] = TensorFile.ToJson(single.Losses),
            ["lossesFloat64"] = TensorFile.ToJson(twice.Losses),
            ["largestLossDistance"] = distances.Max(),
            ["lossDistances"] = TensorFile.ToJson(distances),
            ["gradientNorms"] = TensorFile.ToJson(single.Norms),
        };
    }
}
