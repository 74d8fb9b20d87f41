namespace ResearchFreeze.Data;

/// <summary>The built-in augmentations.</summary>
public static class Augmentations
{
    /// <summary>What stands for none.</summary>
    public const string None = "none";

    /// <summary>A catalogue with all of them, to add more to.</summary>
    public static Catalogue<IAugmentation> Catalogue()
    {
        var augmentations = new Catalogue<IAugmentation>("augmentation");
        augmentations.Add("shift", "shift:pixels", "Moves each image by up to so many pixels.", spec => new RandomShift(One(spec, "shift:2")));
        augmentations.Add("flip", "flip", "Mirrors each image left to right, every other time.", _ => new RandomFlip());
        augmentations.Add("cutout", "cutout:pixels", "Blanks a square of so many pixels (DeVries and Taylor 2017).", spec => new Cutout(One(spec, "cutout:8")));
        augmentations.Add("variants", "variants:count", "With others: each image comes in so many versions alone, again and again.", spec => new Variants(One(spec, "variants:4")));
        return augmentations;
    }

    /// <summary>A chain as it is written on the command line, joined by '+': <c>shift:2+flip+cutout:8</c>; null for <c>none</c>.</summary>
    /// <exception cref="ArgumentException">An augmentation or a setting is unknown; the message lists the known ones.</exception>
    public static Augmentation? Parse(string text, Catalogue<IAugmentation> catalogue)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(catalogue);
        return text == None ? null : new Augmentation([.. text.Split('+').Select(catalogue.Create)]);
    }

    private static int One(Spec spec, string example)
    {
        int[] numbers = spec.Integers();
        return numbers.Length == 1 ? numbers[0] : throw new ArgumentException($"'{spec}': takes one number, as in {example}.");
    }
}
