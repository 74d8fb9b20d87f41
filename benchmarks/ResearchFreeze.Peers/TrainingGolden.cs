using System.Text.Json.Nodes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

/// <summary>How one training run is set up. <see cref="ClipNorm"/> 0: no clipping.</summary>
internal sealed record TrainingVariant(string Name, string Kind, double Rate)
{
    public double Momentum { get; init; }
    public bool Nesterov { get; init; }
    public double WeightDecay { get; init; }
    public double Beta1 { get; init; }
    public double Beta2 { get; init; }
    public double Epsilon { get; init; }
    public double ClipNorm { get; init; }
    public int[] Frozen { get; init; } = [];

    public OptimizerHelper Optimizer(IEnumerable<Parameter> parameters) => Kind == "sgd"
        ? optim.SGD(parameters, Rate, Momentum, 0, WeightDecay, Nesterov)
        : optim.AdamW(parameters, Rate, Beta1, Beta2, Epsilon, WeightDecay);
}

/// <summary>What a run gives, step by step.</summary>
internal sealed class TrainingRun
{
    public List<double> Losses { get; } = [];

    /// <summary>Global gradient norms over what is trainable, before clipping.</summary>
    public List<double> Norms { get; } = [];
}

/// <summary>
/// Fifty steps of a small network, in float32 with the recorded steps and in float64 for the distance between the two. Every update of every run is checked against its formula, written out
/// here, so that a file never carries a slip of the peer.
/// </summary>
internal static class TrainingGolden
{
    private const int Steps = 50, Batch = 9;
    private const ulong DataSeed = 20, WeightSeed = 21;
    private static readonly int[] Widths = [13, 11, 7, 5];
    private static readonly int[] Recorded = [1, 10, 50];

    private static readonly TrainingVariant[] Variants =
    [
        new("sgd-plain", "sgd", 0.1),
        new("sgd-momentum-decay", "sgd", 0.05) { Momentum = 0.9, WeightDecay = 1e-2 },
        new("sgd-nesterov", "sgd", 0.05) { Momentum = 0.9, Nesterov = true, WeightDecay = 1e-3 },
        new("sgd-frozen-prefix", "sgd", 0.05) { Momentum = 0.9, WeightDecay = 1e-2, Frozen = [0] },
        new("sgd-frozen-middle", "sgd", 0.05) { Momentum = 0.9, WeightDecay = 1e-2, Frozen = [1] },
        new("sgd-clipped", "sgd", 0.05) { Momentum = 0.9, WeightDecay = 1e-2, ClipNorm = 1 },
        new("adamw", "adamw", 1e-2) { WeightDecay = 0.05, Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8 },
    ];

    public static void Write(string folder)
    {
        set_num_threads(1);
        Directory.CreateDirectory(folder);
        foreach (TrainingVariant variant in Variants)
        {
            var file = new TensorFile();
            TrainingRun single = Train(variant, ScalarType.Float32, file), twice = Train(variant, ScalarType.Float64, file);
            double distance = single.Losses.Zip(twice.Losses, (a, b) => Math.Abs(a - b)).Max();
            file.Write(Path.Combine(folder, variant.Name), Manifest(variant, single, twice, distance));
            Console.WriteLine($"{variant.Name}: loss {single.Losses[0]:F6} to {single.Losses[^1]:F6}, float32 to float64 at most {distance:E2} apart");
        }
    }

    private static TrainingRun Train(TrainingVariant variant, ScalarType type, TensorFile file)
    {
        bool isSingle = type == ScalarType.Float32;
        int features = Widths[0];
        (double[] inputs, int[] labels) = SeededData.Classes(DataSeed, Steps * Batch, features, Widths[^1]);
        if (isSingle)
        {
            file.AddFloats("inputs", Array.ConvertAll(inputs, v => (float)v), Steps, Batch, features);
            file.AddLabels("labels", labels, Steps, Batch);
        }
        using var network = new Mlp(Widths, WeightSeed, type);
        foreach (int layer in variant.Frozen) network.Freeze(layer);
        (string Name, Parameter Value)[] trainable = [.. network.Trainable];
        using OptimizerHelper optimizer = variant.Optimizer(trainable.Select(p => p.Value));
        var run = new TrainingRun();
        for (int step = 1; step <= Steps; step++)
        {
            using var scope = NewDisposeScope();
            bool isRecorded = isSingle && Recorded.Contains(step);
            string at = $"step{step}/";
            int first = (step - 1) * Batch;
            // A tensor made from an array lies in the array, wherever that is, and the product's rounding depends on alignment: a copy lies in libtorch's own, aligned memory.
            Tensor x = tensor(inputs[(first * features)..((first + Batch) * features)], [Batch, features]).to_type(type).clone();
            Tensor target = tensor(Array.ConvertAll(labels[first..(first + Batch)], v => (long)v));
            optimizer.zero_grad();
            using Tensor loss = nn.functional.cross_entropy(network.Forward(x), target);
            loss.backward();
            run.Losses.Add(Values(loss)[0]);
            run.Norms.Add(Math.Sqrt(trainable.Sum(p => Values(p.Value.grad!).Sum(g => g * g))));

            if (isRecorded)
            {
                file.AddFloats(at + "inputs", Array.ConvertAll(Values(x), v => (float)v), Batch, features);
                file.AddLabels(at + "labels", labels.AsSpan(first, Batch), Batch);
                file.Add(at + "loss", loss);
                foreach ((string name, Parameter value) in network.Parameters) file.Add($"{at}weight-before/{name}", value);
                foreach ((string name, Parameter value) in trainable) file.Add($"{at}gradient/{name}", value.grad!);
                foreach ((string name, Parameter value) in network.Parameters.Where(p => !p.Value.requires_grad))
                {
                    if (value.grad is not null) throw new InvalidOperationException($"{variant.Name}: frozen {name} has a gradient.");
                }
                AddState(file, at + "state-before/", variant, optimizer, trainable);
            }
            double[][] expected = Expected(variant, optimizer, trainable, step, run.Norms[^1]);
            if (variant.ClipNorm > 0) nn.utils.clip_grad_norm_(trainable.Select(p => p.Value), variant.ClipNorm);
            optimizer.step();
            Compare(variant, step, trainable, expected, isSingle ? 1e-6 : 1e-14);
            if (!isRecorded) continue;
            foreach ((string name, Parameter value) in network.Parameters) file.Add($"{at}weight-after/{name}", value);
            AddState(file, at + "state-after/", variant, optimizer, trainable);
            if (variant.ClipNorm > 0 && run.Norms[^1] <= variant.ClipNorm) throw new InvalidOperationException($"{variant.Name}: nothing to clip at step {step}.");
        }
        if (!isSingle)
        {
            foreach ((string name, Parameter value) in network.Parameters) file.Add($"float64/step{Steps}/weight-after/{name}", value);
        }
        return run;
    }

    /// <summary>Momentum buffers, or Adam's two averages. Before the first step there are none in libtorch: zeros, which give the same update.</summary>
    private static void AddState(TensorFile file, string at, TrainingVariant variant, OptimizerHelper optimizer, (string Name, Parameter Value)[] trainable)
    {
        IList<OptimizerState> states = optimizer.state_dict().State;
        for (int i = 0; i < trainable.Length; i++)
        {
            string name = trainable[i].Name;
            using Tensor none = zeros_like(trainable[i].Value);
            if (states[i] is AdamW.State adam)
            {
                file.Add($"{at}exp_avg/{name}", adam.exp_avg ?? none);
                file.Add($"{at}exp_avg_sq/{name}", adam.exp_avg_sq ?? none);
            }
            else if (variant.Momentum > 0) file.Add($"{at}momentum/{name}", ((SGD.State)states[i]).momentum_buffer ?? none);
        }
    }

    /// <summary>The weights after this step, by the optimizer's formula in float64 from what is there before it.</summary>
    public static double[][] Expected(TrainingVariant v, OptimizerHelper optimizer, (string Name, Parameter Value)[] trainable, int step, double norm)
    {
        IList<OptimizerState> states = optimizer.state_dict().State;
        double factor = v.ClipNorm > 0 ? Math.Min(1, v.ClipNorm / (norm + 1e-6)) : 1;
        double[][] expected = new double[trainable.Length][];
        for (int p = 0; p < trainable.Length; p++)
        {
            double[] w = Values(trainable[p].Value), g = Values(trainable[p].Value.grad!);
            double[] m = State((states[p] as SGD.State)?.momentum_buffer ?? (states[p] as AdamW.State)?.exp_avg), s = State((states[p] as AdamW.State)?.exp_avg_sq);
            if (states[p] is AdamW.State { step: long done } && done != step - 1) throw new InvalidOperationException($"{v.Name}: libtorch counts {done} steps before step {step}.");
            for (int i = 0; i < w.Length; i++)
            {
                double gradient = factor * g[i];
                if (v.Kind == "sgd")
                {
                    gradient += v.WeightDecay * w[i];
                    double buffer = (v.Momentum * m[i]) + gradient;
                    w[i] -= v.Rate * (v.Nesterov ? gradient + (v.Momentum * buffer) : buffer);
                    continue;
                }
                double mean = (v.Beta1 * m[i]) + ((1 - v.Beta1) * gradient), square = (v.Beta2 * s[i]) + ((1 - v.Beta2) * gradient * gradient);
                double correction1 = 1 - Math.Pow(v.Beta1, step), correction2 = 1 - Math.Pow(v.Beta2, step);
                w[i] = (w[i] * (1 - (v.Rate * v.WeightDecay))) - (v.Rate * mean / correction1 / (Math.Sqrt(square / correction2) + v.Epsilon));
            }
            expected[p] = w;

            double[] State(Tensor? tensor) => tensor is null ? new double[w.Length] : Values(tensor);
        }
        return expected;
    }

    public static void Compare(TrainingVariant variant, int step, (string Name, Parameter Value)[] trainable, double[][] expected, double tolerance)
    {
        for (int p = 0; p < trainable.Length; p++)
        {
            double[] found = Values(trainable[p].Value);
            double worst = found.Zip(expected[p], (a, b) => Math.Abs(a - b)).Max(), limit = tolerance * Math.Max(1, found.Max(Math.Abs));
            if (!(worst <= limit)) throw new InvalidOperationException($"{variant.Name}, step {step}: the peer's {trainable[p].Name} is {worst:E2} from its formula.");
        }
    }

    public static double[] Values(Tensor tensor)
    {
        using Tensor wide = tensor.detach().to_type(ScalarType.Float64).contiguous();
        return wide.data<double>().ToArray();
    }

    public static JsonObject OptimizerManifest(TrainingVariant v) => new()
    {
        ["kind"] = v.Kind,
        ["learningRate"] = v.Rate,
        ["momentum"] = v.Momentum,
        ["nesterov"] = v.Nesterov,
        ["weightDecay"] = v.WeightDecay,
        ["beta1"] = v.Beta1,
        ["beta2"] = v.Beta2,
        ["epsilon"] = v.Epsilon,
    };

    private static JsonObject Manifest(TrainingVariant v, TrainingRun single, TrainingRun twice, double distance)
    {
        string[] names = [.. Enumerable.Range(0, Widths.Length - 1).SelectMany(i => new[] { $"{i}.weight", $"{i}.bias" })];
        string[] frozen = [.. v.Frozen.Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        return new JsonObject
        {
            ["name"] = v.Name,
            ["network"] = "mlp:" + string.Join(',', Widths),
            ["activation"] = "relu",
            ["batch"] = Batch,
            ["steps"] = Steps,
            ["recordedSteps"] = TensorFile.ToJson(Recorded),
            ["optimizer"] = OptimizerManifest(v),
            ["clipNorm"] = v.ClipNorm,
            ["frozen"] = TensorFile.ToJson(frozen),
            ["parameters"] = TensorFile.ToJson(names),
            ["trainable"] = TensorFile.ToJson(names.Where(n => !frozen.Contains(n.Split('.')[0]))),
            ["threads"] = 1,
            ["versions"] = Versions.Libraries(),
            ["lossesFloat32"] = TensorFile.ToJson(single.Losses),
            ["lossesFloat64"] = TensorFile.ToJson(twice.Losses),
            ["largestLossDistance"] = distance,
            ["gradientNorms"] = TensorFile.ToJson(single.Norms),
        };
    }
}
