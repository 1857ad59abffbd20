System.Console.WriteLine($"{new Consumer.Common.Item { Name = "it works" }} {typeof(Consumer.ShopClient).BaseType!.Name}");
