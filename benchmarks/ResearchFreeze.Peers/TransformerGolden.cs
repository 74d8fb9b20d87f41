using System.Text.Json.Nodes;
using ResearchFreeze.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

/// <summary>A transformer whose gradients are recorded; <see cref="Network"/> is what ResearchFreeze calls it.</summary>
internal sealed record TransformerVariant(string Name, string Network, TransformerPlan Plan)
{
    public long[] Image { get; init; } = [];
}

/// <summary>
/// One step of small transformers in float64: outputs, loss, every gradient, and the weights after AdamW, with nothing and with the first half of the units frozen. Attention is written out, and not libtorch's own. The same step
/// in float32 says how far rounding goes.
/// </summary>
internal static class TransformerGolden
{
    private const ulong DataSeed = 40, WeightSeed = 41;
    private const int Width = 8, Layers = 2, Heads = 2, Inner = 12, Places = 9, Classes = 3;
    private const string Sizes = "width=8,layers=2,heads=2,inner=12";

    // One of a single token, none as long as there are places.
    private static readonly int[] Lengths = [7, 1, 4];

    /// <summary>ε is large: else a gradient that is rounding alone, as that of the keys' bias, would move its weight like any other.</summary>
    private static readonly TrainingVariant Step = new("step", "adamw", 0.01f) { WeightDecay = 0.05f, Beta1 = 0.9f, Beta2 = 0.999f, Epsilon = 1e-3f };

    private static readonly TransformerPlan Bert = new(Width, Layers, Heads, Inner, Classes) { Vocabulary = 13, Places = Places, Segments = 2, HasEmbeddingNorm = true, IsPreNorm = false, Epsilon = 1e-12f };

    private static readonly TransformerVariant[] Variants =
    [
        new("bert-mean", $"bert:{Sizes},vocabulary=13,places=9", Bert),
        new("bert-first", $"bert:{Sizes},vocabulary=13,places=9,pool=first", Bert with { Pooling = Pooling.First, HasPooler = true }),
        new("gpt", $"gpt:{Sizes},vocabulary=11,places=9", new(Width, Layers, Heads, Inner, 11) { Vocabulary = 11, Places = Places, IsCausal = true, IsPacked = true, IsTanhGelu = true, Pooling = Pooling.None, IsTied = true }),
        new("vit", $"vit:{Sizes},patch=4", new(Width, Layers, Heads, Inner, Classes) { Places = 7, IsPacked = true, Pooling = Pooling.First, Epsilon = 1e-6f, Patch = 4, Channels = 2 }) { Image = [8, 12, 2] },
    ];

    public static void Write(string folder)
    {
        set_num_threads(1);
        Directory.CreateDirectory(folder);
        foreach (TransformerVariant variant in Variants)
        {
            var file = new TensorFile();
            using TransformerBatch batch = Draw(variant, file);
            (double loss, double[][] gradients) = Train(variant, batch, ScalarType.Float64, 0, file);
            int half = (Units(variant).Length + 1) / 2;
            Train(variant, batch, ScalarType.Float64, half, file);
            (double single, double[][] rounded) = Train(variant, batch, ScalarType.Float32, 0, null);
            double distance = Norm(gradients.Zip(rounded).SelectMany(pair => pair.First.Zip(pair.Second, (a, b) => a - b))) / Norm(gradients.SelectMany(g => g));
            file.Write(Path.Combine(folder, variant.Name), Manifest(variant, half, loss, single, distance));
            Console.WriteLine($"{variant.Name}: loss {loss:F6}, float32 {Math.Abs(loss - single):E1} from float64, its gradients {distance:E1}");
        }
    }

    private static TorchTransformer New(TransformerVariant variant, ScalarType type = ScalarType.Float64)
    {
        var random = new SeededData(WeightSeed);
        return new TorchTransformer(variant.Plan, (name, shape) => Start(random, name, shape).to_type(type), isFused: false);
    }

    private static string[] Units(TransformerVariant variant)
    {
        using TorchTransformer network = New(variant);
        return [.. network.Units];
    }

    private static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(value => value * value));

    private static TransformerBatch Draw(TransformerVariant variant, TensorFile file)
    {
        var random = new SeededData(DataSeed);
        TransformerPlan plan = variant.Plan;
        int n = Lengths.Length, longest = Lengths.Max();
        bool isOfTokens = plan.Pooling == Pooling.None;
        int[] labels = [.. Enumerable.Range(0, n).Select(_ => random.Below(plan.Outputs))];
        if (plan.Patch > 0)
        {
            double[] images = random.Normal(n * (int)variant.Image.Aggregate((a, b) => a * b));
            file.AddDoubles("images", images, [n, .. variant.Image]);
            file.AddLabels("labels", labels, n);
            return new TransformerBatch(tensor(images, [n, .. variant.Image]).permute(0, 3, 1, 2).contiguous(), null, null, Longs(labels, n));
        }
        int[] ids = new int[n * longest], kinds = new int[n * longest], next = new int[n * longest];
        for (int i = 0; i < n; i++)
        {
            for (int place = 0; place < longest; place++)
            {
                int at = (i * longest) + place;
                // Padding has an id like any other, which may not be looked at.
                ids[at] = place < Lengths[i] ? random.Below(plan.Vocabulary) : 0;
                kinds[at] = place < Lengths[i] && place >= (Lengths[i] + 1) / 2 ? 1 : 0;
            }
            for (int place = 0; place < longest; place++) next[(i * longest) + place] = place < Lengths[i] - 1 ? ids[(i * longest) + place + 1] : -1;
        }
        // One in the middle for which nothing is asked.
        next[2] = -1;
        file.AddLabels("tokens", ids, n, longest);
        file.AddLabels("lengths", Lengths, n);
        if (plan.Segments > 0) file.AddLabels("segments", kinds, n, longest);
        if (isOfTokens) file.AddLabels("labels", next, n, longest);
        else file.AddLabels("labels", labels, n);
        return new TransformerBatch(Longs(ids, n, longest), Longs(kinds, n, longest), Longs(Lengths, n), isOfTokens ? Longs(next, n * longest) : Longs(labels, n));
    }

    private static Tensor Longs(int[] values, params long[] shape) => tensor(Array.ConvertAll(values, value => (long)value), shape).clone();

    private static (double Loss, double[][] Gradients) Train(TransformerVariant variant, TransformerBatch batch, ScalarType type, int frozen, TensorFile? file)
    {
        using var scope = NewDisposeScope();
        string part = frozen > 0 ? "half" : "full";
        using TorchTransformer network = New(variant, type);
        network.Freeze(frozen);
        double[][] before = [.. network.Parameters.Select(p => TrainingGolden.Values(p.Value))];
        (string Name, Parameter Value)[] trainable = [.. network.Trainable];
        using OptimizerHelper optimizer = Step.Optimizer(trainable.Select(p => p.Value));
        Tensor outputs = network.Forward(variant.Plan.Patch > 0 ? batch.Inputs.to_type(type) : batch.Inputs, batch.Kinds, batch.Lengths);
        Tensor loss = nn.functional.cross_entropy(outputs.reshape(-1, variant.Plan.Outputs), batch.Labels, ignore_index: -1);
        loss.backward();
        double[][] gradients = [.. trainable.Select(p => TrainingGolden.Values(p.Value.grad!))];
        if (frozen == 0 && file is not null)
        {
            foreach ((string name, Parameter value) in network.Parameters) file.Add($"weight/{name}", ImageNetwork.Ours(value));
            file.Add("output", outputs);
            file.Add("loss", loss);
        }
        foreach ((string name, Parameter value) in trainable) file?.Add($"{part}/gradient/{name}", ImageNetwork.Ours(value.grad!));
        double[][] expected = TrainingGolden.Expected(Step, optimizer, trainable, 1, Norm(gradients.SelectMany(g => g)));
        optimizer.step();
        TrainingGolden.Compare(Step with { Name = $"{variant.Name}, {part}" }, 1, trainable, expected, type == ScalarType.Float32 ? 1e-6 : 1e-14);
        foreach (((string name, Parameter value), double[] old) in network.Parameters.Zip(before))
        {
            bool rests = TrainingGolden.Values(value).AsSpan().SequenceEqual(old);
            if (rests == value.requires_grad || (value.grad is null) == value.requires_grad) throw new InvalidOperationException($"{variant.Name}: {name} should {(value.requires_grad ? "move" : "rest, without a gradient")}.");
        }
        foreach ((string name, Parameter value) in trainable) file?.Add($"{part}/weight-after/{name}", ImageNetwork.Ours(value));
        return (TrainingGolden.Values(loss)[0], gradients);
    }

    /// <summary>Large enough that attention is far from uniform and nothing is 0 or 1 by chance.</summary>
    private static Tensor Start(SeededData random, string name, long[] shape)
    {
        int count = (int)shape.Aggregate((a, b) => a * b);
        double[] values = name.EndsWith(".gamma", StringComparison.Ordinal) ? random.Uniform(count, 0.5, 1.5)
            : shape.Length == 1 ? random.Uniform(count, -0.3, 0.3)
            : name.StartsWith("embeddings", StringComparison.Ordinal) && shape.Length < 4 ? random.Uniform(count, -1, 1)
            : random.Uniform(count, -1.5 / Math.Sqrt(shape[1]), 1.5 / Math.Sqrt(shape[1]));
        // A copy lies in libtorch's own, aligned memory: see TrainingGolden.
        return tensor(values, shape).clone();
    }

    private static JsonObject Manifest(TransformerVariant v, int half, double loss, double single, double distance)
    {
        using TorchTransformer network = New(v);
        return new JsonObject
        {
            ["name"] = v.Name,
            ["network"] = v.Network,
            ["optimizer"] = TrainingGolden.OptimizerManifest(Step),
            ["frozen"] = TensorFile.ToJson(network.Units.Take(half)),
            ["parameters"] = TensorFile.ToJson(network.Parameters.Select(p => p.Name)),
            ["threads"] = 1,
            ["versions"] = Versions.Libraries(),
            ["lossFloat64"] = loss,
            ["lossFloat32"] = single,
            ["gradientDistance"] = distance,
        };
    }
}
