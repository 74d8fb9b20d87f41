using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// Weights as PyTorch names them and lays them out, made into ours: convolutions (out, in, h, w) become (out, h, w, in), the columns of a linear layer behind a flatten are reordered from (channels, rows, columns) to (rows, columns,
/// channels), normalisations and recurrent layers get our names. Which module is which is seen in the model, not guessed from shapes: a 3×3 convolution of three channels fits both ways.
/// </summary>
public static class TorchLayout
{
    private static readonly (string Ours, string Torch)[] OfNorms = [("gamma", "weight"), ("beta", "bias"), ("runningMean", "running_mean"), ("runningVariance", "running_var")];
    private static readonly (string Ours, string Torch)[] OfRecurrent = [("inputWeight", "weight_ih_l0"), ("hiddenWeight", "weight_hh_l0"), ("inputBias", "bias_ih_l0"), ("hiddenBias", "bias_hh_l0")];

    /// <summary>Converts entries; what belongs to no module of the model stays as it is, but for PyTorch's <c>num_batches_tracked</c>, which is left out.</summary>
    /// <param name="model">The model, which has its memory: it is run once, to see what is flattened. Paths of modules are those of the entries.</param>
    /// <param name="entries">As PyTorch's <c>state_dict</c> has them.</param>
    /// <param name="sample">The shape of one sample, (height, width, channels) for images; null: nothing is flattened that has channels.</param>
    public static Dictionary<string, SafetensorsEntry> Convert(ModuleBase model, IReadOnlyDictionary<string, SafetensorsEntry> entries, Shape? sample = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(entries);
        Dictionary<ModuleBase, Shape> flattened = sample is { } shape && model.Modules().Any(module => module is Flatten) ? Flattened(model, shape) : [];
        var ours = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (ModuleBase module in model.Modules())
        {
            string prefix = module.Path.Length == 0 ? "" : $"{module.Path}.";
            foreach ((string own, string torch) in NamesOf(module))
            {
                if (!entries.TryGetValue(prefix + torch, out SafetensorsEntry? entry)) continue;
                taken.Add(prefix + torch);
                ours[prefix + own] = Laid(module, own, entry, flattened);
            }
        }
        foreach ((string name, SafetensorsEntry entry) in entries)
        {
            if (!taken.Contains(name) && !name.EndsWith("num_batches_tracked", StringComparison.Ordinal)) ours.TryAdd(name, entry);
        }
        return ours;
    }

    /// <summary>Whether a model has layers whose weights lie differently there, or are called differently: then the source's layout has to be known.</summary>
    public static bool Matters(ModuleBase model, Shape? sample = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        bool hasChannels = sample is { Rank: 3 } image && image[2] > 1 && image[0] * image[1] > 1;
        return model.Modules().Any(module => module is Conv2d or Conv1d or ConvTranspose2d || IsRenamed(module) || (module is Flatten && hasChannels));
    }

    /// <summary>What PyTorch calls a parameter or buffer of the same module: <c>norm.gamma</c> is <c>norm.weight</c> there. Names that are alike stay as they are.</summary>
    public static string NameOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        int end = path.LastIndexOf('.') + 1;
        foreach ((string ours, string torch) in (ReadOnlySpan<(string, string)>)[.. OfNorms, .. OfRecurrent])
        {
            if (path.AsSpan(end).SequenceEqual(ours)) return string.Concat(path.AsSpan(0, end), torch);
        }
        return path;
    }

    private static bool IsRenamed(ModuleBase module) => module is BatchNorm or GroupNorm or LayerNorm or RmsNorm or Lstm or Gru;

    private static IEnumerable<(string Ours, string Torch)> NamesOf(ModuleBase module) => module switch
    {
        BatchNorm or GroupNorm or LayerNorm or RmsNorm => OfNorms,
        Lstm or Gru => OfRecurrent,
        _ => [("weight", "weight"), ("bias", "bias")],
    };

    private static SafetensorsEntry Laid(ModuleBase module, string name, SafetensorsEntry entry, Dictionary<ModuleBase, Shape> flattened)
    {
        switch (module)
        {
            // A value for each of the flattened image's.
            case BatchNorm or LayerNorm or RmsNorm when flattened.TryGetValue(module, out Shape image) && entry.Shape.Rank == 1 && entry.Shape[0] == image.Count:
                return entry.Reshaped([image[2], image[0], image[1]]).Permuted(1, 2, 0).Reshaped(entry.Shape);
            case not null when name != "weight":
                return entry;
            case Conv2d or ConvTranspose2d when entry.Shape.Rank == 4:
                // (out, in, h, w) → (out, h, w, in); transposed ones (in, out, h, w) → (in, h, w, out).
                return entry.Permuted(0, 2, 3, 1);
            case Conv1d when entry.Shape.Rank == 3:
                return entry.Permuted(0, 2, 1);
            case Linear when flattened.TryGetValue(module, out Shape image) && entry.Shape.Rank == 2 && entry.Shape[1] == image.Count:
                return entry.Reshaped([entry.Shape[0], image[2], image[0], image[1]]).Permuted(0, 2, 3, 1).Reshaped(entry.Shape);
            default:
                return entry;
        }
    }

    /// <summary>The linear layers whose inputs are flattened images, with the images' shape: a chain's modules are watched while a sample of zeros goes through.</summary>
    private static Dictionary<ModuleBase, Shape> Flattened(ModuleBase model, Shape sample)
    {
        if (model is not Sequential chain) throw new ArgumentException("Layout torch: the model flattens images and is no chain, so that it cannot be seen which layer is behind the flatten; convert its weights by hand (docs/weights.md).");
        var behind = new Dictionary<ModuleBase, Shape>(ReferenceEqualityComparer.Instance);
        using var scope = new Scope();
        using GradMode.Restore mode = GradMode.Disable();
        using ModuleModes modes = chain.EvalScope();
        Device device = chain.Parameters().First().Value.Device;
        Shape before = sample;
        Shape? image = null;
        Action<Module, Tensor>? observer = chain.OutputObserver;
        chain.OutputObserver = (module, output) =>
        {
            Shape now = new(output.Shape.ToArray()[1..]);
            // What lies between changes no shape: activations, dropout.
            if (module is Flatten) image = before is { Rank: 3 } && before[2] > 1 && before[0] * before[1] > 1 ? before : null;
            else if (image is { } flat && module.Children.Count == 0) behind[module] = flat;
            if (module is Linear || (module is not Flatten && now != before)) image = null;
            before = now;
        };
        try
        {
            using Tensor zeros = Tensor.Zeros(device, [1, .. sample.ToArray()]);
            chain.Forward(zeros);
        }
        finally
        {
            chain.OutputObserver = observer;
        }
        return behind;
    }
}
