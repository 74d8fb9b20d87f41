using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.BeforeAfter;

/// <summary>
/// What is timed, by name: a training step <c>MODEL[@BATCH][/FROZEN]</c>, or <c>controlled:MODEL…</c> under a freeze controller that looks at gradient norms, a product <c>product:MxNxK[:nn|nt|tn|tt]</c>, a convolution <c>conv:BATCHxSIZExINPUTSxOUTPUTS[xGROUPS][:forward|input|weight]</c> with a 3×3 kernel,
/// the input gradient of a 2×2 maximum pooling <c>pool:BATCHxSIZExCHANNELS</c>, an update of weights by SGD with momentum <c>sgd:COUNT</c>. Public members only, so that the same cases compile against older commits.
/// </summary>
internal sealed class Case : IDisposable
{
    private readonly Scope scope = new();
    private readonly Action call;
    private readonly Stack<IDisposable> owned = new();

    public Case(string name, Device device)
    {
        string[] parts = name.Split(':');
        call = parts[0] switch
        {
            "product" => Product(device, Numbers(name, parts[1], 3, 3), parts.Length > 2 ? parts[2] : "nn"),
            "conv" => Convolution(device, Numbers(name, parts[1], 4, 5), parts.Length > 2 ? parts[2] : "forward"),
            "pool" => MaxPoolBackward(device, Numbers(name, parts[1], 3, 3)),
            "sgd" => Sgd(device, Numbers(name, parts[1], 1, 1)[0]),
            "controlled" => Step(device, name["controlled:".Length..], isControlled: true),
            _ => Step(device, name, isControlled: false),
        };
    }

    public void Run() => call();

    public void Dispose()
    {
        while (owned.TryPop(out IDisposable? one)) one.Dispose();
        scope.Dispose();
    }

    private static int[] Numbers(string name, string text, int least, int most)
    {
        string[] parts = text.Split('x');
        int[] numbers = [.. parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : 0)];
        return numbers.Length >= least && numbers.Length <= most && numbers.All(value => value > 0)
            ? numbers : throw new ArgumentException($"case '{name}': expected {(least == most ? $"{least}" : $"{least} or {most}")} positive numbers with x between them, found '{text}'.");
    }

    private static Tensor Normal(Device device, Shape shape)
    {
        var random = new RandomStream(1, "before and after");
        var values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++) values[i] = (float)random.NextNormal();
        return Tensor.From(device, values, shape);
    }

    private static Action Product(Device device, int[] size, string transposes)
    {
        if (transposes is not ("nn" or "nt" or "tn" or "tt")) throw new ArgumentException($"a product's operands are nn, nt, tn or tt, found '{transposes}'.");
        GemmShape shape = GemmShape.Of(size[0], size[1], size[2], transposes[0] == 't', transposes[1] == 't');
        TensorRange a = Normal(device, [shape.LengthA]).Range, b = Normal(device, [shape.LengthB]).Range, c = Tensor.Zeros(device, [shape.LengthC]).Range, first = b.Slice(0, 1);
        return () =>
        {
            // B moves, as weights do that are trained: what rests is packed once.
            device.Fill(first, 0.5);
            device.Gemm(shape, a, b, c);
        };
    }

    private static Action Convolution(Device device, int[] size, string direction)
    {
        (int batch, int extent, int inputs, int outputs, int groups) = (size[0], size[1], size[2], size[3], size.Length > 4 ? size[4] : 1);
        Conv2dShape shape = Conv2dShape.Of([batch, extent, extent, inputs], [outputs, 3, 3, inputs / groups], new Size2(1, 1), new Size2(1, 1), new Size2(1, 1), groups);
        TensorRange x = Normal(device, [batch, extent, extent, inputs]).Range, w = Normal(device, [outputs, 3, 3, inputs / groups]).Range, y = Normal(device, [batch, extent, extent, outputs]).Range;
        return direction switch
        {
            "forward" => () => device.Conv2d(shape, x, w, null, y),
            "input" => () => device.Conv2dInputGradient(shape, y, w, x),
            "weight" => () => device.Conv2dWeightGradient(shape, x, y, w),
            _ => throw new ArgumentException($"a convolution's direction is forward, input or weight, found '{direction}'."),
        };
    }

    private static Action MaxPoolBackward(Device device, int[] size)
    {
        Pool2dShape shape = Pool2dShape.Of("pool", [size[0], size[1], size[1], size[2]], new Size2(2, 2), new Size2(2, 2), new Size2(0, 0));
        TensorRange x = Normal(device, [shape.InputCount]).Range, y = Normal(device, [shape.OutputCount]).Range, places = IntTensor.From(device, new int[shape.OutputCount]).Range;
        device.MaxPool(shape, x, y, places);
        return () => device.MaxPoolBackward(shape, places, y, x);
    }

    private static Action Sgd(Device device, int count)
    {
        TensorRange w = Normal(device, [count]).Range, g = Normal(device, [count]).Range, v = Tensor.Zeros(device, [count]).Range, guard = Tensor.Full(device, [3], 0).Range;
        device.StepGuard(g.Slice(0, 1), 0, guard);
        // A rate and a decay of nothing: any number of updates stays finite.
        var step = new SgdStep(Rate: 0, Momentum: 0.9f, Nesterov: false, WeightDecay: 0);
        return () => device.Sgd(step, w, g, v, guard);
    }

    /// <summary>Forward, cross entropy, backward, SGD with momentum and decay, as <c>freeze bench</c> times it.</summary>
    private Action Step(Device device, string name, bool isControlled)
    {
        (string model, int batch, int frozen) = (name, 128, 0);
        if (model.LastIndexOf('/') is var slash and >= 0) (model, frozen) = (model[..slash], int.Parse(model[(slash + 1)..], CultureInfo.InvariantCulture));
        if (model.LastIndexOf('@') is var at and >= 0) (model, batch) = (model[..at], int.Parse(model[(at + 1)..], CultureInfo.InvariantCulture));
        ModelSpec spec = Models.Catalogue().Create(model);
        ModuleBase network = Own(spec.Build(spec.SampleShape, spec.Classes));
        network.Initialize(device, 1);
        foreach (FreezeUnit unit in FreezeUnit.Of(network).Take(frozen))
        {
            foreach (Parameter parameter in unit.Parameters) parameter.IsFrozen = true;
        }
        Sgd optimizer = Own(new Sgd(network, new Constant(0.01f), momentum: 0.9f, weightDecay: 1e-4f));
        Batch samples = Samples(device, spec, batch);
        // What it freezes is said by the case: the rule has nothing to add.
        FreezeController? freeze = isControlled ? Own(new FreezeController(network, optimizer, new GradientNormLevel(), new Static(0), options: FreezeOptions.WithoutTriggers)) : null;
        return () =>
        {
            using var step = new Scope();
            Loss.CrossEntropy(spec.Forward(network, samples), samples.Labels).Backward();
            if (freeze is not null)
            {
                freeze.Step();
                return;
            }
            optimizer.Step();
            optimizer.ClearGradients();
        };
    }

    /// <summary>Noise, or for a model that reads tokens a fixed row of them.</summary>
    private static Batch Samples(Device device, ModelSpec spec, int count)
    {
        int[] places = [.. Enumerable.Range(0, count)];
        IntTensor labels = IntTensor.From(device, [.. places.Select(i => i % spec.Classes)]);
        if (spec.Vocabulary == 0) return new Batch(Normal(device, [count, .. spec.SampleShape.ToArray()]), labels, places);
        int length = spec.SampleShape[0];
        IntTensor tokens = IntTensor.From(device, [.. Enumerable.Range(0, count * length).Select(i => i * 7919 % spec.Vocabulary)], [count, length]);
        return Batch.OfTokens(tokens, IntTensor.From(device, [.. places.Select(_ => length)]), labels, places);
    }

    private T Own<T>(T value)
        where T : IDisposable
    {
        owned.Push(value);
        return value;
    }
}
