using System.Text.RegularExpressions;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>The names of a ResNet's tensors: torchvision's beside ours, and those of Hugging Face's <c>ResNetForImageClassification</c> beside torchvision's.</summary>
internal static partial class TorchvisionNames
{
    private const string Stem = "stem.", Embedder = "embedder.embedder.";

    /// <summary>Whether a model is one of torchvision's ResNets, by what its modules are called.</summary>
    public static bool AreOf(ModuleBase model)
    {
        HashSet<string> paths = [.. model.Modules().Select(module => module.Path)];
        return paths.IsSupersetOf(["stem.conv1", "stem.bn1", "layer1", "layer2", "layer3", "layer4", "fc"]);
    }

    /// <summary>Each parameter and buffer, in the model's order.</summary>
    public static IEnumerable<TorchvisionName> Of(ModuleBase model)
    {
        foreach (ModuleBase module in model.Modules())
        {
            switch (module)
            {
                case Conv2d conv:
                    yield return Named(conv.Weight, module, "weight", TensorForm.Convolution);
                    break;
                case BatchNorm norm:
                    yield return Named(norm.Gamma, module, "weight");
                    yield return Named(norm.Beta, module, "bias");
                    yield return new TorchvisionName(norm.RunningMean.Path, Theirs($"{module.Path}.running_mean"), TensorForm.Same, norm.RunningMean.Shape, () => norm.RunningMean.Value);
                    yield return new TorchvisionName(norm.RunningVariance.Path, Theirs($"{module.Path}.running_var"), TensorForm.Same, norm.RunningVariance.Shape, () => norm.RunningVariance.Value);
                    break;
                case Linear linear:
                    yield return Named(linear.Weight, module, "weight");
                    yield return Named(linear.Bias!, module, "bias");
                    break;
            }
        }
    }

    /// <summary>Whether names are Hugging Face's.</summary>
    public static bool AreHuggingFaces(IEnumerable<string> names) => names.Any(name => name.Contains(Embedder, StringComparison.Ordinal));

    /// <summary>torchvision's name of one of Hugging Face's; what is none stays.</summary>
    public static string FromHuggingFace(string name)
    {
        string bare = name.StartsWith("resnet.", StringComparison.Ordinal) ? name["resnet.".Length..] : name;
        if (bare.StartsWith(Embedder, StringComparison.Ordinal)) return bare[Embedder.Length..].Replace("convolution.", "conv1.", StringComparison.Ordinal).Replace("normalization.", "bn1.", StringComparison.Ordinal);
        if (bare.StartsWith("classifier.1.", StringComparison.Ordinal)) return $"fc.{bare["classifier.1.".Length..]}";
        if (InBlock().Match(bare) is not { Success: true } found) return name;
        string block = $"layer{1 + Number(found, "stage")}.{found.Groups["layer"].Value}", tensor = found.Groups["tensor"].Value;
        bool isNorm = found.Groups["kind"].Value == "normalization";
        return found.Groups["part"].Success ? $"{block}.{(isNorm ? "bn" : "conv")}{1 + Number(found, "part")}.{tensor}" : $"{block}.downsample.{(isNorm ? 1 : 0)}.{tensor}";
    }

    /// <summary>The other way, with the name of the whole before all but the head.</summary>
    public static string ToHuggingFace(string name)
    {
        string[] parts = name.Split('.');
        string tensor = parts[^1];
        if (parts[0] == "fc") return $"classifier.1.{tensor}";
        if (parts.Length == 2) return $"resnet.{Embedder}{(parts[0] == "conv1" ? "convolution" : "normalization")}.{tensor}";
        string layer = $"resnet.encoder.stages.{int.Parse(parts[0]["layer".Length..], System.Globalization.CultureInfo.InvariantCulture) - 1}.layers.{parts[1]}";
        if (parts[2] == "downsample") return $"{layer}.shortcut.{(parts[3] == "0" ? "convolution" : "normalization")}.{tensor}";
        return $"{layer}.layer.{int.Parse(parts[2].AsSpan(parts[2].Length - 1), System.Globalization.CultureInfo.InvariantCulture) - 1}.{(parts[2].StartsWith("conv", StringComparison.Ordinal) ? "convolution" : "normalization")}.{tensor}";
    }

    /// <summary>Entries under torchvision's names, whichever they have.</summary>
    public static Dictionary<string, SafetensorsEntry> Standard(IReadOnlyDictionary<string, SafetensorsEntry> entries)
    {
        bool isHuggingFaces = AreHuggingFaces(entries.Keys);
        return entries.ToDictionary(entry => isHuggingFaces ? FromHuggingFace(entry.Key) : entry.Key, entry => entry.Value, StringComparer.Ordinal);
    }

    /// <summary>Entries under the paths of our modules, with the names and the layout of PyTorch, as <see cref="TorchLayout"/> takes them.</summary>
    public static Dictionary<string, SafetensorsEntry> ByModules(IReadOnlyDictionary<string, SafetensorsEntry> entries) =>
        Standard(entries).ToDictionary(entry => entry.Key.StartsWith("conv1.", StringComparison.Ordinal) || entry.Key.StartsWith("bn1.", StringComparison.Ordinal) ? Stem + entry.Key : entry.Key, entry => entry.Value, StringComparer.Ordinal);

    private static TorchvisionName Named(Parameter parameter, ModuleBase module, string name, TensorForm form = TensorForm.Same) =>
        new(parameter.Path, Theirs($"{module.Path}.{name}"), form, parameter.Shape, () => parameter.Value);

    private static string Theirs(string path) => path.StartsWith(Stem, StringComparison.Ordinal) ? path[Stem.Length..] : path;

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].Value, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^encoder\.stages\.(?<stage>\d{1,4})\.layers\.(?<layer>\d{1,4})\.(layer\.(?<part>\d)|shortcut)\.(?<kind>convolution|normalization)\.(?<tensor>\w+)$")]
    private static partial Regex InBlock();
}

/// <summary>A tensor of a ResNet here and in torchvision.</summary>
/// <param name="Ours">Its path here.</param>
/// <param name="Theirs">Its name there.</param>
/// <param name="Form">How its elements lie there.</param>
/// <param name="Shape">Its shape here.</param>
/// <param name="Value">Its elements, once it has memory.</param>
internal sealed record TorchvisionName(string Ours, string Theirs, TensorForm Form, Shape Shape, Func<Tensor> Value)
{
    /// <summary>Its shape there.</summary>
    public Shape ShapeThere => TensorForms.ToTheirs(Form, Shape);
}
