using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

// Transformers for text and for images, as they are written on the command line.
public static partial class Models
{
    private const string Pretraineds = "FOLDER[,lora=0]";
    private const string Sizes = "width=128,layers=4,heads=4,inner=4*width,dropout=0,units=blocks|halves,recompute=no|yes";

    private static void AddTransformers(Catalogue<ModelSpec> models)
    {
        models.Add("transformer", "transformer:width,layers,heads,tokens[,vocabulary]", "Blocks with norms before, mean of the places, one linear layer.", Transformer);
        models.Add("bert", $"bert:{Pretraineds}|{Sizes},vocabulary=data,places=512,pool=mean|first", "Text, norms behind the sums (Devlin et al. 2019); a folder: of Hugging Face.", Bert);
        models.Add("gpt", $"gpt:{Pretraineds}|{Sizes},vocabulary=data,places=512", "Text, each token sees those before it, tied head (Radford et al. 2019).", Gpt);
        models.Add("vit", $"vit:{Pretraineds}|{Sizes},patch=4", "Images in patches (Dosovitskiy et al. 2021).", Vit);
    }

    /// <summary>The benchmark's network: token and place tables, blocks that begin with their norms, the mean of the places, a linear layer.</summary>
    private static ModelSpec Transformer(Spec spec)
    {
        int[] numbers = spec.Integers();
        if (numbers.Length is not (4 or 5)) throw new ArgumentException($"'{spec}': takes width, layers, heads, tokens and perhaps a vocabulary, as in transformer:128,4,4,64 or transformer:128,4,4,64,1000.");
        Positive(spec, numbers);
        int vocabulary = numbers.Length > 4 ? numbers[4] : 1000;
        TransformerOptions blocks = Divided(spec, new TransformerOptions(numbers[0], numbers[2]) { IsPacked = true });
        return OfTokens(spec, numbers[3], vocabulary, (ids, outputs, kind) => new TextModelOptions(blocks, numbers[1], ids, numbers[3], outputs) { Pooling = kind == Pooling.None ? kind : Pooling.Mean });
    }

    private static ModelSpec Bert(Spec spec)
    {
        bool isFirst = spec.Choice("pool", "mean", "first") == "first";
        if (Folder(spec) is { } folder) return Pretrained(spec, folder, isFirst, "bert", "roberta", "distilbert");
        (TransformerOptions blocks, int layers) = Blocks(spec);
        int places = Positive(spec, "places", 512);
        return OfTokens(spec, places, Vocabulary(spec), (ids, outputs, kind) => new TextModelOptions(blocks with { IsPreNorm = false, Epsilon = 1e-12f }, layers, ids, places, outputs)
        {
            Segments = 2,
            HasEmbeddingNorm = true,
            Pooling = kind == Pooling.None ? kind : isFirst ? Pooling.First : Pooling.Mean,
            HasPooler = isFirst && kind != Pooling.None,
        });
    }

    private static ModelSpec Gpt(Spec spec)
    {
        if (Folder(spec) is { } folder) return Pretrained(spec, folder, isFirst: false, "gpt2");
        (TransformerOptions blocks, int layers) = Blocks(spec);
        int places = Positive(spec, "places", 512);
        return OfTokens(spec, places, Vocabulary(spec), (ids, outputs, kind) => new TextModelOptions(blocks with { IsCausal = true, IsPacked = true, Activation = () => new GeluTanh() }, layers, ids, places, outputs)
        {
            // The next token is one of the table's rows.
            IsTied = kind == Pooling.None && outputs == ids,
            Pooling = kind == Pooling.None ? kind : Pooling.Mean,
        });
    }

    private static ModelSpec Vit(Spec spec)
    {
        if (Folder(spec) is { } folder) return Pretrained(spec, folder, isFirst: true, "vit");
        (TransformerOptions blocks, int layers) = Blocks(spec);
        int patch = Positive(spec, "patch", 4);
        return new ModelSpec((sample, classes) => new VisionTransformer(sample, patch, blocks with { IsPacked = true, Epsilon = 1e-6f }, layers, classes), [8 * patch, 8 * patch, 3], 10) { Recipe = Recipe.Transformer };
    }

    private static (TransformerOptions Blocks, int Layers) Blocks(Spec spec)
    {
        int width = Positive(spec, "width", 128), layers = Positive(spec, "layers", 4), heads = Positive(spec, "heads", 4), inner = Positive(spec, "inner", 4 * width);
        return (Divided(spec, Changed(spec, new TransformerOptions(width, heads) { Inner = inner })), layers);
    }

    /// <summary>What can be asked of any blocks: it has no weights of its own, or begins without an effect.</summary>
    private static TransformerOptions Changed(Spec spec, TransformerOptions blocks)
    {
        double dropout = spec.Real("dropout", 0);
        if (dropout is not (>= 0 and < 1)) throw new ArgumentException($"'{spec}': dropout must be in [0, 1), found {dropout}.");
        return blocks with { Dropout = (float)dropout, AreHalvesUnits = spec.Choice("units", "blocks", "halves") == "halves", IsRecomputed = spec.Choice("recompute", "no", "yes") == "yes" };
    }

    /// <summary>Additions of a rank to the projections of attention, alpha twice the rank.</summary>
    private static TransformerOptions WithLora(Spec spec, TransformerOptions blocks)
    {
        int rank = spec.Integer("lora", 0);
        if (rank < 0) throw new ArgumentException($"'{spec}': lora, a rank, must be at least 0, found {rank}.");
        return rank == 0 ? blocks : blocks with { Projection = (inputs, outputs, bias) => new LoraLinear(inputs, outputs, rank, 2 * rank, bias) };
    }

    /// <summary>With LoRA all but its additions and the head stays as it is.</summary>
    private static T Adapted<T>(T model)
        where T : ModuleBase
    {
        if (model.Modules().Any(module => module is LoraLinear)) model.Freeze(named => !named.Path.StartsWith("head.", StringComparison.Ordinal) && !named.Path.Contains(".lora", StringComparison.Ordinal));
        return model;
    }

    /// <summary>The folder of a pretrained model; null: it is described by its sizes.</summary>
    private static string? Folder(Spec spec) => spec.Words() switch
    {
        [] => null,
        [string folder] => folder,
        string[] words => throw new ArgumentException($"'{spec}': expected one folder without a comma, found {words.Length}."),
    };

    private static ModelSpec Pretrained(Spec spec, string folder, bool isFirst, params string[] kinds)
    {
        HuggingFaceModel model = spec.Kept is { } kept ? HuggingFaceModel.Described(folder, kept) : HuggingFaceModel.Open(folder);
        if (!kinds.Contains(model.Kind)) throw new ArgumentException($"'{spec}': '{folder}' has a {model.Kind}, expected {string.Join(" or ", kinds)}.");
        TransformerOptions blocks = WithLora(spec, Changed(spec, model.Blocks));
        if (model.Kind == "vit")
        {
            return new ModelSpec((sample, classes) => Adapted(model.BuildVision(blocks, sample, classes)), [model.ImageSize, model.ImageSize, 3], 10) { Recipe = Recipe.FineTuning, Origin = model.Describe, Kept = model.ConfigText };
        }
        string remark = "";
        Pooling ofSamples = isFirst ? Pooling.First : Pooling.Mean;
        return new ModelSpec((_, classes) => Adapted(model.BuildText(blocks, classes, ofSamples)), [Math.Min(64, model.Places)], 10)
        {
            Recipe = Recipe.FineTuning,
            Vocabulary = model.Vocabulary,
            Origin = built => model.Describe(built) + remark,
            TokenizerFolder = folder,
            Kept = model.ConfigText,
            BuildOfTokens = (tokens, classes) =>
            {
                CheckTokens(spec, tokens, model.Places, model.Vocabulary);
                CheckCausal(spec, tokens, blocks);
                if (tokens.Vocabulary < model.Vocabulary) remark = $"; the data have {tokens.Vocabulary} token ids and the model {model.Vocabulary}: not its own tokenizer?";
                return Adapted(tokens.Classes == 0 ? model.BuildText(blocks, classes, ofSamples) : model.BuildText(blocks, tokens.Classes == tokens.Vocabulary ? model.Vocabulary : tokens.Classes, Pooling.None));
            },
        };
    }

    private static void CheckCausal(Spec spec, TokenFormat tokens, TransformerOptions blocks)
    {
        if (!blocks.IsCausal && tokens.Classes > 0 && tokens.Classes == tokens.Vocabulary) throw new ArgumentException($"'{spec}' sees the token that it is to predict, which is the next one: such data need a model that sees those before it, as gpt:.");
    }

    private static void CheckTokens(Spec spec, TokenFormat tokens, int places, int vocabulary)
    {
        if (tokens.Longest > places) throw new ShapeException($"'{spec}' has {places} places, but a sample of the data has {tokens.Longest} tokens.");
        if (vocabulary > 0 && tokens.Vocabulary > vocabulary) throw new ArgumentException($"'{spec}' has a vocabulary of {vocabulary}, but the data has {tokens.Vocabulary} token ids.");
    }

    private static TransformerOptions Divided(Spec spec, TransformerOptions blocks)
    {
        if (blocks.Width % blocks.Heads != 0) throw new ArgumentException($"'{spec}': {blocks.Heads} heads do not divide a width of {blocks.Width}.");
        if (blocks.Width / blocks.Heads > AttentionShape.MostSize) throw new ArgumentException($"'{spec}': a head has {blocks.Width / blocks.Heads} elements, at most {AttentionShape.MostSize} are possible.");
        return blocks;
    }

    /// <summary>A model of tokens; a vocabulary of 0 is the data's.</summary>
    private static ModelSpec OfTokens(Spec spec, int places, int vocabulary, Func<int, int, Pooling, TextModelOptions> options)
    {
        const int Classes = 10, Ids = 1000;
        return new ModelSpec((sample, classes) => new TextTransformer(options(vocabulary > 0 ? vocabulary : Ids, classes, Pooling.Mean)), [places], Classes)
        {
            Recipe = Recipe.Transformer,
            Vocabulary = vocabulary > 0 ? vocabulary : Ids,
            BuildOfTokens = (tokens, classes) =>
            {
                CheckTokens(spec, tokens, places, vocabulary);
                CheckCausal(spec, tokens, options(2, 2, Pooling.None).Blocks);
                int ids = vocabulary > 0 ? vocabulary : tokens.Vocabulary;
                return new TextTransformer(tokens.Classes > 0 ? options(ids, tokens.Classes == tokens.Vocabulary ? ids : tokens.Classes, Pooling.None) : options(ids, classes, Pooling.Mean));
            },
        };
    }

    private static int Vocabulary(Spec spec)
    {
        string text = spec.Word("vocabulary", "data");
        return text == "data" ? 0 : Positive(spec, "vocabulary", 1);
    }

    private static int Positive(Spec spec, string key, int otherwise)
    {
        int number = spec.Integer(key, otherwise);
        return number > 0 ? number : throw new ArgumentException($"'{spec}': {key} must be positive, found {number}.");
    }
}
